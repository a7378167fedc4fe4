// Groups with certificates and secrets, of real nodes: who belongs to them gets on, who
// does not is refused, both are told why, and what they need is replaced while they run.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "examples/three_node_demo/free_port.h"
#include "replication/grpc_admission.h"
#include "replication/grpc_credentials.h"
#include "tests/cluster/live_group.h"
#include "tests/support/test_authority.h"

namespace vigil::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const std::string kSecret = "the secret of the test's group";

TlsOptions Pem(const TestAuthority& authority, const std::string& name) {
  const auto issued = authority.Issue(name);
  return {.certificate_pem = issued.certificate,
          .key_pem = issued.key,
          .authority_pem = authority.certificate()};
}

// Nodes of one group, of which the test may change one at a time.
class Nodes {
 public:
  explicit Nodes(const LiveGroup::Change& change) {
    const auto ports = demo::FreePorts(3);
    EXPECT_TRUE(ports.ok()) << ports.status();
    for (size_t i = 0; i < 3; ++i) {
      options.push_back(OptionsOf(*ports, i, folder_.path()));
      change(options.back());
    }
  }
  // All of them, with a first write: a group is formed by all of its members.
  void Open() {
    for (const Options& o : options) {
      nodes.push_back(std::make_unique<LiveNode>(o));
      ASSERT_TRUE(nodes.back()->status().ok()) << nodes.back()->status();
    }
    ASSERT_TRUE(SetOnTheMaster("first").ok()) << at(0).LogText();
    // One that has not followed yet could not be elected.
    for (const auto& node : nodes) {
      ASSERT_TRUE(Eventually([&] { return (*node)->Exists("first"); }))
          << node->LogText();
    }
  }
  // Whether all get on, in the end.
  bool AllAreWelcome() {
    return Eventually([&] {
      for (const auto& node : nodes) {
        for (const PeerStatus& peer : (*node)->status().peers) {
          if (!peer.refusal.empty() || peer.sdown) return false;
        }
      }
      return true;
    });
  }
  // Node c comes back without its data, and with other options. The others get on.
  void ReopenC(const LiveGroup::Change& change) {
    nodes.pop_back();
    Options c = options[2];
    c.data_dir += ".new";
    change(c);
    nodes.push_back(std::make_unique<LiveNode>(c));
    ASSERT_TRUE(at(2).status().ok()) << at(2).status();
    ASSERT_TRUE(SetOnTheMaster("k").ok()) << at(0).LogText();
  }
  LiveNode& at(size_t i) { return *nodes[i]; }
  // Why node `i` and `name` do not get on, as node `i` sees it.
  std::string RefusalAt(size_t i, const std::string& name) {
    for (const PeerStatus& peer : at(i)->status().peers) {
      if (peer.name == name) return peer.refusal;
    }
    return {};
  }
  absl::Status SetOnTheMaster(const std::string& key) {
    absl::Status last;
    Eventually([&] {
      for (const auto& node : nodes) {
        last = (*node)->Set(key, "v", {.ack = Ack::kQuorum}).status();
        if (last.ok()) return true;
      }
      return false;
    });
    return last;
  }

 private:
  const TempDir folder_;  // outlives the nodes

 public:
  std::vector<Options> options;
  std::vector<std::unique_ptr<LiveNode>> nodes;
};

TEST(NodeSecurity, AGroupWithCertificatesAndASecretReplicatesAndFailsOver) {
  const TestAuthority authority;
  Nodes group([&](Options& o) {
    o.security = {.tls = Pem(authority, o.node_id), .secrets = {kSecret}};
  });
  group.Open();
  const int master = AwaitMaster(group.nodes);
  ASSERT_GE(master, 0) << group.at(0).LogText();
  const auto m = static_cast<size_t>(master);
  ASSERT_TRUE(group.at(m)->Set("k", "v", {.ack = Ack::kQuorum}).ok());
  // A member that has not followed yet could not be elected.
  for (const auto& node : group.nodes)
    ASSERT_TRUE(Eventually([&] { return (*node)->Exists("k"); }));
  group.nodes[m].reset();
  group.nodes.erase(group.nodes.begin() + master);
  const int next = AwaitMaster(group.nodes);
  ASSERT_GE(next, 0) << group.at(0).LogText();
  LiveNode& heir = group.at(static_cast<size_t>(next));
  EXPECT_EQ(heir->Get("k")->data, "v");
  EXPECT_TRUE(heir->Set("k", "w", {.ack = Ack::kQuorum}).ok());
  EXPECT_THAT(heir.LogText(), Not(HasSubstr("-unwelcome")));
  // The one that was killed comes back.
  group.nodes.push_back(std::make_unique<LiveNode>(group.options[m]));
  EXPECT_TRUE(Eventually([&] {
    const auto read = (*group.nodes.back())->Get("k");
    return read.ok() && read->data == "w";
  })) << group.nodes.back()->LogText();
}

// Of c only: a certificate of another authority; it believes the group's, too.
TEST(NodeSecurity, ANodeOfAnotherAuthorityIsRefusedAndBothSidesSayWhy) {
  const TestAuthority ours;
  const TestAuthority theirs("their authority");
  Nodes group([&](Options& o) { o.security.tls = Pem(ours, o.node_id); });
  group.Open();
  group.ReopenC([&](Options& o) {
    o.security.tls = Pem(theirs, o.node_id);
    o.security.tls->authority_pem += ours.certificate();
  });
  const std::string why =
      "the certificate of 'CN=c': unable to get local issuer certificate";
  // c is told by the one that it dials ...
  EXPECT_TRUE(
      Eventually([&] { return !group.at(2)->status().refusal.empty(); }));
  EXPECT_THAT(group.at(2)->status().refusal,
              AllOf(HasSubstr("refused this node"), HasSubstr(why)));
  EXPECT_TRUE(group.at(2).AwaitLog("-unwelcome"));
  EXPECT_TRUE(group.at(0).AwaitLog("refused ipv4:127.0.0.1: " + why));
  // ... and a finds it out when it dials c.
  EXPECT_TRUE(Eventually([&] { return !group.RefusalAt(0, "c").empty(); }));
  EXPECT_THAT(group.RefusalAt(0, "c"),
              AllOf(HasSubstr("this node refused " +
                              group.options[2].members[2].address),
                    HasSubstr(why)));
  EXPECT_FALSE(group.at(2)->Exists("k"));
}

// A member's key does not help one that sits at another's address.
TEST(NodeSecurity, ACertificateForAnotherHostIsRefusedUnlessThatIsNotAsked) {
  const TestAuthority authority;
  for (const bool check : {true, false}) {
    const auto tls = [&](const std::string& name, const std::string& host) {
      const auto issued = authority.Issue(name, {.for_whom = host});
      return TlsOptions{.certificate_pem = issued.certificate,
                        .key_pem = issued.key,
                        .authority_pem = authority.certificate(),
                        .check_host = check};
    };
    Nodes group(
        [&](Options& o) { o.security.tls = tls(o.node_id, "IP:127.0.0.1"); });
    group.Open();
    group.ReopenC(
        [&](Options& o) { o.security.tls = tls(o.node_id, "DNS:c.shop"); });
    if (check) {
      EXPECT_TRUE(Eventually([&] { return !group.RefusalAt(0, "c").empty(); }));
      EXPECT_THAT(group.RefusalAt(0, "c"),
                  HasSubstr("'CN=c': it is not for '127.0.0.1'"));
    } else {
      // It is let in, as a newcomer.
      EXPECT_TRUE(Eventually([&] { return group.at(2)->status().linked; }));
      EXPECT_EQ(group.at(2)->status().kind, MemberKind::kNewcomer);
      EXPECT_THAT(group.RefusalAt(0, "c"), HasSubstr("under another identity"));
    }
  }
}

struct Misfit {
  const char* name;
  LiveGroup::Change change;  // of node c
  const char* why;           // c is refused
  const char* why_there;     // and refuses
};

class MisfitTest : public testing::TestWithParam<Misfit> {};

TEST_P(MisfitTest, IsRefusedOnBothSidesWithTheReason) {
  Nodes group([](Options&) {});
  group.Open();
  group.ReopenC(GetParam().change);
  EXPECT_TRUE(
      Eventually([&] { return !group.at(2)->status().refusal.empty(); }));
  EXPECT_THAT(group.at(2)->status().refusal,
              AllOf(HasSubstr("refused this node"), HasSubstr(GetParam().why)));
  EXPECT_TRUE(Eventually([&] { return !group.RefusalAt(0, "c").empty(); }));
  EXPECT_THAT(group.RefusalAt(0, "c"), AllOf(HasSubstr("refused this node"),
                                             HasSubstr(GetParam().why_there)));
  // Each has said so in its log, too.
  EXPECT_TRUE(group.at(0).AwaitLog(GetParam().why_there));
  EXPECT_TRUE(group.at(2).AwaitLog(GetParam().why));
  EXPECT_FALSE(group.at(2)->Exists("k"));
}

INSTANTIATE_TEST_SUITE_P(
    All, MisfitTest,
    testing::Values(
        Misfit{"Group", [](Options& o) { o.group = "other"; },
               "c is of group \"other\", not \"test\"",
               "a is of group \"test\", not \"other\""},
        Misfit{"Databases", [](Options& o) { o.databases = 32; },
               "option 'databases' is 32 there and 16 here",
               "option 'databases' is 16 there and 32 here"},
        Misfit{"ValueBytesMax", [](Options& o) { o.value_bytes_max = 1 << 20; },
               "option 'value_bytes_max' is 1048576 there", "and 1048576 here"},
        Misfit{"Secret", [](Options& o) { o.security.secrets = {kSecret}; },
               "the other side has a shared secret, and this node none",
               "it asks for a shared secret"}),
    [](const auto& misfit) { return std::string(misfit.param.name); });

TEST(NodeSecurity, ANodeWithAnotherSecretIsRefusedOnBothSides) {
  Nodes group([&](Options& o) { o.security.secrets = {kSecret}; });
  group.Open();
  group.ReopenC(
      [&](Options& o) { o.security.secrets = {"some other secret of 30"}; });
  const std::string why = "the shared secret does not match";
  EXPECT_TRUE(
      Eventually([&] { return !group.at(2)->status().refusal.empty(); }));
  EXPECT_THAT(group.at(2)->status().refusal,
              AllOf(HasSubstr("refused this node"), HasSubstr(why)));
  EXPECT_TRUE(group.at(0).AwaitLog("refused ipv4:127.0.0.1: " + why));
  EXPECT_FALSE(group.at(2)->Exists("k"));
}

// A member of the same names at the same addresses, with the data of another group.
TEST(NodeSecurity, ANodeWithOtherDataIsRefusedAndSaysWhy) {
  Nodes group([](Options&) {});
  group.Open();
  const std::string other_data = group.options[2].data_dir;
  ASSERT_TRUE(Eventually([&] { return group.at(2)->Exists("first"); }));
  group.nodes.clear();
  for (Options& o : group.options) o.data_dir += ".second";
  group.Open();
  group.ReopenC([&](Options& o) { o.data_dir = other_data; });
  const auto says = [&](const std::string& text) {
    return text.find("another lineage") != std::string::npos;
  };
  EXPECT_TRUE(Eventually([&] { return says(group.at(2)->status().refusal); }))
      << group.at(2).LogText();
  EXPECT_TRUE(Eventually([&] { return says(group.RefusalAt(0, "c")); }))
      << group.at(0).LogText();
  for (const size_t i : {0, 2})
    EXPECT_TRUE(group.at(i).AwaitLog("another lineage"));
  EXPECT_FALSE(group.at(2)->Exists("k"));
}

// {old} to {new}, on running nodes, one after the other, and no write is missed.
TEST(NodeSecurity, ASecretIsReplacedWithoutAGap) {
  const std::string old = kSecret;
  const std::string fresh = "another one, of the same group";
  Nodes group([&](Options& o) { o.security.secrets = {old}; });
  group.Open();
  const auto epoch = group.at(0)->status().role.epoch;
  int step = 0;
  for (const auto& secrets : std::vector<std::vector<std::string>>{
           {old, fresh}, {fresh, old}, {fresh}}) {
    for (const auto& node : group.nodes) {
      ASSERT_TRUE((*node)->UpdateSecurity({.secrets = secrets}).ok());
      EXPECT_TRUE(group.SetOnTheMaster(absl::StrCat("step ", step++)).ok());
    }
  }
  EXPECT_EQ(group.at(0)->status().role.epoch, epoch);
  EXPECT_TRUE(group.AllAreWelcome());
  // A node that starts now has to know the new one.
  group.nodes.pop_back();
  LiveNode late(group.options[2]);
  ASSERT_TRUE(late.status().ok()) << late.status();
  EXPECT_TRUE(Eventually([&] { return !late->status().refusal.empty(); }));
  EXPECT_THAT(late->status().refusal, HasSubstr("does not match"));
}

// From one authority to another, in memory: both are believed in between.
TEST(NodeSecurity, CertificatesInMemoryAreReplacedWithoutAGap) {
  const TestAuthority old;
  const TestAuthority fresh("the next authority");
  const auto material = [&](const TestAuthority& issuer,
                            const std::string& name,
                            const std::string& believed) {
    TlsOptions tls = Pem(issuer, name);
    tls.authority_pem = believed;
    return SecurityOptions{.tls = tls};
  };
  Nodes group([&](Options& o) {
    o.security = material(old, o.node_id, old.certificate());
  });
  group.Open();
  const auto epoch = group.at(0)->status().role.epoch;
  const std::string both = old.certificate() + fresh.certificate();
  int step = 0;
  for (int phase = 0; phase < 3; ++phase) {
    for (size_t i = 0; i < 3; ++i) {
      ASSERT_TRUE(group.at(i)
                      ->UpdateSecurity(material(
                          phase == 0 ? old : fresh, group.options[i].node_id,
                          phase == 2 ? fresh.certificate() : both))
                      .ok());
      EXPECT_TRUE(group.SetOnTheMaster(absl::StrCat("step ", step++)).ok());
    }
  }
  // A call that was under way on an older connection may have been refused.
  EXPECT_TRUE(group.AllAreWelcome());
  EXPECT_EQ(group.at(0)->status().role.epoch, epoch);
}

// --- One node, and a client without a node

class Files {
 public:
  void Write(const TestAuthority& authority, const std::string& name) const {
    const auto issued = authority.Issue(name);
    std::ofstream(path("crt")) << issued.certificate;
    std::ofstream(path("key")) << issued.key;
    std::ofstream(path("ca")) << authority.certificate();
  }
  std::string path(const std::string& what) const {
    return folder_.path() + "/" + what;
  }
  TlsOptions options() const {
    return {.certificate_file = path("crt"),
            .key_file = path("key"),
            .authority_file = path("ca"),
            .reload_period = absl::Milliseconds(100)};
  }

 private:
  const TempDir folder_;
};

absl::Status AskIn(const std::string& address, const TestAuthority& authority) {
  const auto issued = authority.Issue("client");
  const replication::Credentials credentials(replication::Security{
      .tls = true,
      .material = {issued.certificate, issued.key, authority.certificate()}});
  std::promise<absl::Status> told;
  const auto call = replication::AdmissionCall::Start(
      replication::MakeChannel(address, credentials.now()->security, 1 << 20,
                               {}),
      credentials.now(), address, absl::Now() + absl::Seconds(20),
      [&](const absl::StatusOr<std::string>& pass) {
        told.set_value(pass.status());
      });
  return told.get_future().get();
}

TEST(NodeSecurity, ReplacedFilesAreUsedAndTheOldOnesRefused) {
  const TestAuthority old;
  const TestAuthority fresh("the next authority");
  const Files files;
  files.Write(old, "a");
  LiveGroup group(1, [&](Options& o) { o.security.tls = files.options(); });
  const std::string address = group.master().status().server.address;
  EXPECT_TRUE(AskIn(address, old).ok()) << AskIn(address, old);
  EXPECT_FALSE(AskIn(address, fresh).ok());
  // What does not fit together, as in the middle of a replacement, is not used.
  std::ofstream(files.path("key")) << fresh.Issue("a").key;
  EXPECT_TRUE(group.live(0).AwaitLog("kept the old certificates"));
  EXPECT_THAT(group.live(0).LogText(),
              HasSubstr("the key is not the certificate's"));
  EXPECT_TRUE(AskIn(address, old).ok());
  files.Write(fresh, "a");
  EXPECT_TRUE(group.live(0).AwaitLog("read new certificates"));
  EXPECT_TRUE(AskIn(address, fresh).ok()) << AskIn(address, fresh);
  EXPECT_FALSE(AskIn(address, old).ok());
}

TEST(NodeSecurity, ANodeIsNotOpenedWithWhatNobodyWouldBelieve) {
  const TestAuthority authority;
  const Files files;
  const TempDir folder;
  const auto ports = demo::FreePorts(1);
  ASSERT_TRUE(ports.ok()) << ports.status();
  const auto why = [&](const TlsOptions& tls) {
    Options o = OptionsOf(*ports, 0, folder.path());
    o.security.tls = tls;
    const LiveNode node(o);
    EXPECT_EQ(node.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(node.status().message());
  };
  EXPECT_THAT(why(files.options()),
              HasSubstr("security.tls.certificate_file is '" +
                        files.path("crt") + "', which cannot be read"));
  TlsOptions expired = Pem(authority, "a");
  const auto issued = authority.Issue("a", {.ends = -absl::Minutes(1)});
  expired.certificate_pem = issued.certificate;
  expired.key_pem = issued.key;
  EXPECT_THAT(why(expired), HasSubstr("'CN=a': certificate has expired"));
  TlsOptions mixed = Pem(authority, "a");
  mixed.key_pem = authority.Issue("a").key;
  EXPECT_THAT(why(mixed), HasSubstr("the key is not the certificate's"));
}

TEST(NodeSecurity, AnUpdateThatDoesNotFitChangesNothing) {
  const TestAuthority authority;
  LiveGroup group(
      1, [&](Options& o) { o.security.tls = Pem(authority, o.node_id); });
  Node& node = group.master();
  const std::string address = node.status().server.address;
  EXPECT_EQ(node.UpdateSecurity({}).code(),
            absl::StatusCode::kFailedPrecondition);
  TlsOptions one_way = Pem(authority, "a");
  one_way.client_certificates = false;
  EXPECT_EQ(node.UpdateSecurity({.tls = one_way}).code(),
            absl::StatusCode::kFailedPrecondition);
  TlsOptions mixed = Pem(authority, "a");
  mixed.key_pem = authority.Issue("a").key;
  EXPECT_EQ(node.UpdateSecurity({.tls = mixed}).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(node.UpdateSecurity({.tls = Pem(authority, "a"), .secrets = {"x"}})
                .code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(AskIn(address, authority).ok());
}

// --- Unix sockets

TEST(NodeUnixSocket, AGroupOnUnixSocketsReplicatesAndFailsOver) {
  const TempDir sockets;
  LiveGroup group(3, [&](Options& o) {
    for (MemberAddress& member : o.members)
      member.address = absl::StrCat("unix:", sockets.path(), "/", member.name);
  });
  ASSERT_TRUE(group.master().Set("k", "v", {.ack = Ack::kQuorum}).ok());
  const size_t master = group.master_index();
  group.Close(master);
  size_t next = master;
  ASSERT_TRUE(Eventually([&] {
    for (size_t i = 0; i < 3; ++i) {
      if (i != master && group.live(i)->status().role.role == NodeRole::kMaster)
        next = i;
    }
    return next != master;
  }));
  EXPECT_EQ(group.live(next)->Get("k")->data, "v");
  group.Open(master);
  EXPECT_TRUE(Eventually([&] { return group.live(master)->Exists("k"); }));
}

TEST(NodeUnixSocket, OneThatIsInUseIsRefusedAndGoesOnWorking) {
  const TempDir sockets;
  const std::string address = "unix:" + sockets.path() + "/a";
  LiveGroup group(1, [&](Options& o) { o.members[0].address = address; });
  const TempDir folder;
  Options second = OptionsOf({1}, 0, folder.path());
  second.members[0].address = address;
  const LiveNode refused(second);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(refused.status().message()),
              HasSubstr("another process listens on it"));
  EXPECT_TRUE(group.master().Set("k", "v", {.ack = Ack::kQuorum}).ok());
}

}  // namespace
}  // namespace vigil::test
