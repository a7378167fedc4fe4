// Who is let in, over real connections: which side refuses whom, and in which words.
// Unix sockets in a temporary folder; no port.
#include "replication/grpc_admission.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "engine/base/mutex.h"
#include "engine/base/signal.h"
#include "replication/grpc_credentials.h"
#include "replication/grpc_replication.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_authority.h"
#include "vigil/replication.grpc.pb.h"

namespace vigil::replication {
namespace {

using test::TestAuthority;
using testing::AllOf;
using testing::HasSubstr;

constexpr absl::Duration kPatience = absl::Seconds(20);

// Takes streams, and counts what comes.
class CountingAcceptor final : public LinkAcceptor {
 public:
  LinkId OnAccepted(std::shared_ptr<Link>) override {
    ++accepted;
    return 1;
  }
  void OnMessage(LinkId, Message) override { ++messages; }
  void OnClosed(LinkId, std::string) override {}

  std::atomic<int> accepted{0};
  std::atomic<int> messages{0};
};

class LogLines {
 public:
  Logger logger() {
    return [this](LogLevel, std::string_view line) {
      MutexLock lock(mu_);
      lines_ += std::string(line) + "\n";
    };
  }
  std::string text() const {
    MutexLock lock(mu_);
    return lines_;
  }

 private:
  mutable Mutex mu_;
  std::string lines_ ABSL_GUARDED_BY(mu_);
};

// A member that is dialled.
class Member {
 public:
  Member(std::string address, Security security)
      : address_(std::move(address)),
        credentials_(std::move(security)),
        door_(MakeDoorkeeper(credentials_, address_, clock_, log_.logger())),
        links_(MakeLinkService(acceptor_, *door_)),
        made_(MakeServerCredentials(credentials_)) {
    grpc::ServerBuilder builder;
    builder.SetMaxReceiveMessageSize(1 << 20);
    builder.AddListeningPort(address_, made_);
    builder.RegisterService(door_->service());
    builder.RegisterService(links_->service());
    server_ = builder.BuildAndStart();
  }
  ~Member() { server_->Shutdown(std::chrono::system_clock::now()); }

  Credentials& credentials() { return credentials_; }
  CountingAcceptor& acceptor() { return acceptor_; }
  std::string log() const { return log_.text(); }

 private:
  const std::string address_;
  const SystemClock clock_;
  LogLines log_;
  Credentials credentials_;
  CountingAcceptor acceptor_;
  const std::unique_ptr<Doorkeeper> door_;
  const std::unique_ptr<LinkService> links_;
  const std::shared_ptr<grpc::ServerCredentials> made_;
  std::unique_ptr<grpc::Server> server_;
};

// What one link brought.
class Outcome final : public LinkHandler {
 public:
  void OnMessage(LinkId, Message message) override {
    MutexLock lock(mu_);
    if (auto* refused = std::get_if<Refused>(&message)) refusal_ = refused->why;
  }
  void OnClosed(LinkId, std::string why) override {
    {
      MutexLock lock(mu_);
      closed_ = why;
    }
    signal_.Notify();
  }
  // Why it was closed; nothing: it was not.
  std::optional<std::string> AwaitClosed() {
    const MonoTime deadline = SystemClock().Mono() + kPatience;
    for (uint64_t seen = signal_.Seen();; seen = signal_.Seen()) {
      {
        MutexLock lock(mu_);
        if (closed_) return closed_;
      }
      if (!signal_.WaitPast(seen, deadline)) return std::nullopt;
    }
  }
  std::string refusal() const {
    MutexLock lock(mu_);
    return refusal_;
  }

 private:
  mutable Mutex mu_;
  Signal signal_;
  std::optional<std::string> closed_ ABSL_GUARDED_BY(mu_);
  std::string refusal_ ABSL_GUARDED_BY(mu_);
};

// What one who dials was told.
absl::StatusOr<std::string> AskIn(const std::shared_ptr<grpc::Channel>& channel,
                                  const std::string& address,
                                  const Security& security) {
  const Credentials credentials(security);
  std::promise<absl::StatusOr<std::string>> told;
  const auto call = AdmissionCall::Start(channel, credentials.now(), address,
                                         absl::Now() + kPatience,
                                         [&](absl::StatusOr<std::string> pass) {
                                           told.set_value(std::move(pass));
                                         });
  return told.get_future().get();
}

grpc::Status OpenStream(const std::shared_ptr<grpc::Channel>& channel,
                        const std::string& pass) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
  ShowPass(pass, context);
  const auto stub = v1::Replication::NewStub(channel);
  const auto stream = stub->Sync(&context);
  stream->WritesDone();
  v1::FromMaster ignored;
  while (stream->Read(&ignored)) {
  }
  return stream->Finish();
}

class AdmissionOverGrpc : public testing::Test {
 protected:
  Security Tls(const TestAuthority& authority, const std::string& name,
               const TestAuthority::Terms& terms = {}) const {
    const auto issued = authority.Issue(name, terms);
    return {
        .tls = true,
        .material = {issued.certificate, issued.key, authority.certificate()}};
  }
  Security Good(const std::string& name) const { return Tls(ours_, name); }
  // One of theirs that believes ours.
  Security Foreign(const std::string& name) const {
    Security security = Tls(theirs_, name);
    security.material.authority = ours_.certificate();
    return security;
  }
  static Security Secret(std::vector<std::string> secrets) {
    return {.secrets = std::move(secrets)};
  }
  std::shared_ptr<grpc::Channel> Dial(const Security& security) const {
    return MakeChannel(address_, security, 1 << 20, {});
  }
  absl::StatusOr<std::string> AskIn(const Security& security) const {
    return replication::AskIn(Dial(security), address_, security);
  }

  const TempDir folder_;
  const std::string address_ = "unix:" + folder_.path() + "/b";
  const TestAuthority ours_;
  const TestAuthority theirs_{"their authority"};
};

struct Case {
  const char* what;
  Security dials;
  Security dialled;
  std::string who;       // refused whom
  std::string why;       // in words
  std::string log = {};  // of the one who was dialled
};

TEST_F(AdmissionOverGrpc, WhoKnowsWhatTheOtherAsksForIsLetIn) {
  Security both = Good("a");
  both.secrets = {"one"};
  Security both_there = Good("b");
  both_there.secrets = {"two", "one"};
  Security one_way = Good("b");
  one_way.client_certificates = false;
  one_way.secrets = {"one"};
  Security without_certificate = one_way;
  const std::pair<Security, Security> pairs[] = {
      {Good("a"), Good("b")},
      {Secret({"one"}), Secret({"one"})},
      {Secret({"one", "two"}), Secret({"two", "one"})},
      {both, both_there},
      {without_certificate, one_way}};
  for (const auto& [dials, dialled] : pairs) {
    Member b(address_, dialled);
    const auto channel = Dial(dials);
    const auto pass = replication::AskIn(channel, address_, dials);
    ASSERT_TRUE(pass.ok()) << pass.status();
    OpenStream(channel, *pass);
    EXPECT_EQ(b.acceptor().accepted, 1);
    EXPECT_EQ(b.log(), "");
  }
}

TEST_F(AdmissionOverGrpc, WhoIsRefusedIsToldByWhomAndWhy) {
  const std::string by_b = address_ + " refused this node: ";
  const std::string by_a = "this node refused " + address_ + ": ";
  Security no_certificate = Good("a");
  no_certificate.client_certificates = false;
  no_certificate.secrets = {"one"};
  Security other_secret = Good("a");
  other_secret.secrets = {"one"};
  Security with_secret = Good("b");
  with_secret.secrets = {"two"};
  const Case cases[] = {
      {"a certificate of another authority", Foreign("a"), Good("b"), by_b,
       "the certificate of 'CN=a': unable to get local issuer certificate",
       "the certificate of 'CN=a': unable to get"},
      {"an expired certificate", Tls(ours_, "a", {.ends = -absl::Minutes(1)}),
       Good("b"), by_b, "the certificate of 'CN=a': certificate has expired",
       "'CN=a': certificate has expired"},
      {"no certificate", no_certificate, Good("b"), by_b,
       "no certificate was shown", "no certificate was shown"},
      {"the dialled one is of another authority", Good("a"), Foreign("b"), by_a,
       "the certificate of 'CN=b': unable to get local issuer certificate"},
      {"the dialled one has expired", Good("a"),
       Tls(ours_, "b", {.ends = -absl::Minutes(1)}), by_a,
       "the certificate of 'CN=b': certificate has expired"},
      {"TLS to one without", Good("a"), Secret({"one"}), by_a,
       "it does not speak TLS"},
      {"no TLS to one with", Secret({"one"}), Good("b"),
       address_ + " closed the connection", "it asks for TLS"},
      {"another secret", Secret({"one"}), Secret({"two"}), by_b,
       "the shared secret does not match", "the shared secret does not match"},
      {"another secret, over TLS", other_secret, with_secret, by_b,
       "the shared secret does not match", "the shared secret does not match"},
      {"a secret for one without", Secret({"one"}), Security(), by_b,
       "the other side has a shared secret, and this node none",
       "and this node none"},
  };
  for (const Case& c : cases) {
    Member b(address_, c.dialled);
    const auto told = AskIn(c.dials);
    EXPECT_THAT(std::string(told.status().message()),
                AllOf(HasSubstr(c.who), HasSubstr(c.why)))
        << c.what;
    if (!c.log.empty()) {
      EXPECT_THAT(b.log(), AllOf(HasSubstr("refused unix"), HasSubstr(c.log)))
          << c.what;
    }
  }
}

// The replica's end of the stream tells the same, as a refusal.
TEST_F(AdmissionOverGrpc, ALinkBringsTheRefusal) {
  Member b(address_, Secret({"two"}));
  const std::pair<Security, const char*> cases[] = {
      {Secret({"one"}), "the shared secret does not match"},
      {Security(), "it asks for a shared secret or a certificate"}};
  for (const auto& [security, why] : cases) {
    const Credentials credentials(security);
    const auto transport = MakeGrpcTransport(credentials, 1 << 20);
    Outcome outcome;
    const auto link = transport->Dial(address_, 1, outcome);
    link->Send(Hello{.group = "g", .name = "a"});
    const auto closed = outcome.AwaitClosed();
    ASSERT_TRUE(closed.has_value());
    EXPECT_THAT(
        outcome.refusal(),
        AllOf(HasSubstr(address_ + " refused this node"), HasSubstr(why)));
    EXPECT_EQ(b.acceptor().accepted, 0);
  }
}

TEST_F(AdmissionOverGrpc, ALinkThatIsLetInCarriesMessages) {
  Member b(address_, Secret({"one"}));
  const Credentials credentials(Secret({"one"}));
  const auto transport = MakeGrpcTransport(credentials, 1 << 20);
  Outcome outcome;
  const auto link = transport->Dial(address_, 1, outcome);
  EXPECT_TRUE(link->Send(Hello{.group = "g", .name = "a"}));
  const absl::Time deadline = absl::Now() + kPatience;
  while (b.acceptor().messages == 0 && absl::Now() < deadline) {
  }
  EXPECT_EQ(b.acceptor().messages, 1);
  link->Close();
  EXPECT_TRUE(outcome.AwaitClosed().has_value());
  EXPECT_EQ(outcome.refusal(), "");
}

// A stranger at a member's address gets nothing but the wish to be let in.
TEST_F(AdmissionOverGrpc, NothingIsSaidToOneWhoDoesNotKnowTheSecret) {
  // It lets anyone in, and so it would learn the Hello.
  class Stranger final : public v1::Replication::Service {
   public:
    grpc::Status Sync(
        grpc::ServerContext*,
        grpc::ServerReaderWriter<v1::FromMaster, v1::FromReplica>*) override {
      ++called;
      return grpc::Status::OK;
    }
    std::atomic<int> called{0};
  } stranger;
  const SystemClock clock;
  const Credentials none(Secret({"guess"}));
  const auto door = MakeDoorkeeper(none, address_, clock, {});
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address_, grpc::InsecureServerCredentials());
  builder.RegisterService(&stranger);
  builder.RegisterService(door->service());
  const auto server = builder.BuildAndStart();

  const Credentials credentials(Secret({"one"}));
  const auto transport = MakeGrpcTransport(credentials, 1 << 20);
  Outcome outcome;
  const auto link = transport->Dial(address_, 1, outcome);
  EXPECT_FALSE(link->Send(Hello{.group = "g", .name = "a"}));
  EXPECT_TRUE(outcome.AwaitClosed().has_value());
  EXPECT_EQ(stranger.called, 0);
  server->Shutdown(std::chrono::system_clock::now());
}

TEST_F(AdmissionOverGrpc, WhoWasLetInUnderOldCredentialsIsAskedAgain) {
  Member b(address_, Secret({"old"}));
  const Security old = Secret({"old"});
  const auto channel = Dial(old);
  const auto pass = replication::AskIn(channel, address_, old);
  ASSERT_TRUE(pass.ok()) << pass.status();
  OpenStream(channel, *pass);
  EXPECT_EQ(b.acceptor().accepted, 1);
  b.credentials().Replace(Secret({"new", "old"}));
  EXPECT_EQ(OpenStream(channel, *pass).error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(b.acceptor().accepted, 1);
  EXPECT_TRUE(replication::AskIn(channel, address_, old).ok());
  b.credentials().Replace(Secret({"new"}));
  EXPECT_FALSE(replication::AskIn(channel, address_, old).ok());
}

// Of a server that runs: certificates in memory, the old authority given up.
TEST_F(AdmissionOverGrpc, NewConnectionsUseNewCertificates) {
  Member b(address_, Good("b"));
  const Security ours = Good("a");
  const Security theirs = Tls(theirs_, "a");
  const auto channel = Dial(ours);
  EXPECT_TRUE(replication::AskIn(channel, address_, ours).ok());
  EXPECT_FALSE(AskIn(theirs).ok());
  b.credentials().Replace(Tls(theirs_, "b"));
  EXPECT_TRUE(AskIn(theirs).ok());
  EXPECT_THAT(std::string(AskIn(ours).status().message()),
              HasSubstr("'CN=b': unable to get local issuer certificate"));
  // The old connection is still there, and its next question is refused.
  EXPECT_THAT(
      std::string(
          replication::AskIn(channel, address_, ours).status().message()),
      HasSubstr("'CN=a': unable to get local issuer certificate"));
}

// The last to hold a channel may be the callback of its last call. Run alone, it is the
// last in the process that uses gRPC's threads, too.
TEST_F(AdmissionOverGrpc, ACallbackMayBeTheLastToHoldItsChannel) {
  const Credentials credentials(Secret({"one"}));
  struct Held {
    std::shared_ptr<AdmissionCall> call;
    std::shared_ptr<Signal> gone = std::make_shared<Signal>();
    ~Held() { gone->Notify(); }
  };
  auto held = std::make_shared<Held>();
  const std::shared_ptr<Signal> gone = held->gone;
  const uint64_t seen = gone->Seen();
  std::promise<void> may_end;
  auto call =
      AdmissionCall::Start(Dial(Secret({"one"})), credentials.now(), address_,
                           absl::Now() + kPatience,
                           [held, let = may_end.get_future().share()](
                               const absl::StatusOr<std::string>& pass) {
                             EXPECT_FALSE(pass.ok());  // nobody is there
                             let.wait();
                           });
  held->call = std::move(call);
  held.reset();
  may_end.set_value();
  EXPECT_TRUE(gone->WaitPast(seen, SystemClock().Mono() + kPatience));
  // What serves callbacks still does.
  EXPECT_FALSE(AskIn(Secret({"one"})).ok());
}

TEST_F(AdmissionOverGrpc, AnOversizedMessageEndsTheCall) {
  Member b(address_, {});
  const auto channel = MakeChannel(address_, {}, 8 << 20, {});
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
  const auto stub = v1::Replication::NewStub(channel);
  const auto stream = stub->Sync(&context);
  v1::FromReplica large;
  large.mutable_rewind_keys()->set_records(std::string(2 << 20, 'x'));
  stream->Write(large);
  v1::FromMaster ignored;
  while (stream->Read(&ignored)) {
  }
  EXPECT_EQ(stream->Finish().error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(b.acceptor().messages, 0);

  // Nor is one sent: the limit is that of both directions.
  const auto small = MakeChannel(address_, {}, 1 << 20, {});
  grpc::ClientContext second;
  second.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
  const auto sender = v1::Replication::NewStub(small)->Sync(&second);
  sender->Write(large);
  while (sender->Read(&ignored)) {
  }
  EXPECT_EQ(sender->Finish().error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(b.acceptor().messages, 0);
}

}  // namespace
}  // namespace vigil::replication
