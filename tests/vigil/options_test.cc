// What Options::Validate() refuses, and that each refusal says which option,
// which value, and what is allowed.
#include "vigil/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace vigil {
namespace {

using ::testing::HasSubstr;

Options Valid() {
  Options o;
  o.group = "s6l";
  o.node_id = "a";
  o.members = {{"a", "127.0.0.1:7001"},
               {"b", "127.0.0.1:7002"},
               {"c", "127.0.0.1:7003"}};
  return o;
}

TEST(Options, DefaultsWithGroupAndMembersAreValid) {
  EXPECT_TRUE(Valid().Validate().ok());
}

TEST(Options, UnixSocketsAreAddresses) {
  Options o = Valid();
  o.members[0].address = "unix:/run/shop/a";
  o.members[1].address = "unix:///run/shop/b";
  o.listen = "unix:/" + std::string(106, 'p');
  EXPECT_TRUE(o.Validate().ok()) << o.Validate();
}

// Neither a key nor a secret is shown, whatever else is wrong with it.
TEST(Options, AnErrorDoesNotShowAKeyOrASecret) {
  Options o = Valid();
  o.security.secrets = {"short"};
  EXPECT_THAT(std::string(o.Validate().message()), Not(HasSubstr("short")));
  o.security.secrets = {};
  o.security.tls = TlsOptions{
      .certificate_file = "c", .authority_file = "a", .key_pem = "PRIVATE"};
  EXPECT_THAT(std::string(o.Validate().message()), Not(HasSubstr("PRIVATE")));
}

TEST(Options, WithALimitTheDefaultPolicyIsThatOfACache) {
  Options o = Valid();
  EXPECT_EQ(o.eviction_policy(), Eviction::kNoEviction);
  o.max_memory = 1 << 20;
  EXPECT_EQ(o.eviction_policy(), Eviction::kS3Fifo);
  for (const Eviction chosen : {Eviction::kNoEviction, Eviction::kAllkeysLru}) {
    o.eviction = chosen;
    EXPECT_EQ(o.eviction_policy(), chosen);
    EXPECT_TRUE(o.Validate().ok());
  }
}

struct Refusal {
  std::string name;
  std::function<void(Options&)> change;
  std::string option;   // that the error must name
  std::string value;    // and its value
  std::string allowed;  // and the range
};

class OptionsRefusal : public ::testing::TestWithParam<Refusal> {};

TEST_P(OptionsRefusal, NamesOptionValueAndRange) {
  Options o = Valid();
  GetParam().change(o);
  const absl::Status status = o.Validate();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  const std::string message(status.message());
  EXPECT_THAT(message, HasSubstr(GetParam().option + " is '"));
  EXPECT_THAT(message, HasSubstr(GetParam().value));
  EXPECT_THAT(message, HasSubstr("allowed: " + GetParam().allowed));
}

std::vector<Refusal> Refusals() {
  constexpr char kWord[] = "1 to 64 of A-Z a-z 0-9 . - _";
  constexpr char kAddress[] =
      "host:port, with a port of 1 to 65535, or unix:/path";
  constexpr char kUnix[] = "unix:/path, absolute, of up to 107 bytes";
  constexpr char kPem[] = "three files, or PEM for all three";
  const std::string sixteen(16, 's');
  return {
      {"NoGroup", [](Options& o) { o.group = ""; }, "group", "''", kWord},
      {"GroupWithSpace", [](Options& o) { o.group = "my group"; }, "group",
       "my group", kWord},
      {"GroupTooLong", [](Options& o) { o.group = std::string(65, 'g'); },
       "group", "ggg", kWord},
      {"NoNodeId", [](Options& o) { o.node_id = ""; }, "node_id", "''", kWord},
      {"UnknownNodeId", [](Options& o) { o.node_id = "d"; }, "node_id", "'d'",
       "one of the names in members"},
      {"ListenWithoutPort", [](Options& o) { o.listen = "127.0.0.1"; },
       "listen", "127.0.0.1", kAddress},
      {"NoMembers", [](Options& o) { o.members.clear(); }, "members",
       "0 members", "1 to 7 members"},
      {"TooManyMembers",
       [](Options& o) {
         for (int i = 0; i < 5; ++i) {
           const std::string n = std::to_string(i);
           o.members.push_back({"n" + n, "127.0.0.1:800" + n});
         }
       },
       "members", "8 members", "1 to 7 members"},
      {"DuplicateName", [](Options& o) { o.members[2].name = "b"; },
       "members[].name", "'b'", "each name once"},
      {"DuplicateAddress",
       [](Options& o) { o.members[2].address = "127.0.0.1:7002"; },
       "members[].address", "127.0.0.1:7002", "each address once"},
      {"PortZero", [](Options& o) { o.members[1].address = "127.0.0.1:0"; },
       "members[].address", "127.0.0.1:0", kAddress},
      {"PortTooLarge",
       [](Options& o) { o.members[1].address = "127.0.0.1:65536"; },
       "members[].address", "127.0.0.1:65536", kAddress},
      {"PortNotANumber", [](Options& o) { o.members[1].address = "host:http"; },
       "members[].address", "host:http", kAddress},
      {"NoHost", [](Options& o) { o.members[1].address = ":7002"; },
       "members[].address", ":7002", kAddress},
      {"UnixPathNotAbsolute",
       [](Options& o) { o.members[1].address = "unix:socket"; },
       "members[].address", "unix:socket", kUnix},
      {"UnixPathTooLong",
       [](Options& o) { o.listen = "unix:/" + std::string(107, 'p'); },
       "listen", "ppp", kUnix},
      {"UnixPathIsAFolder", [](Options& o) { o.listen = "unix:/tmp/"; },
       "listen", "unix:/tmp/", kUnix},
      {"UnixPathWithSpace", [](Options& o) { o.listen = "unix:/a b"; },
       "listen", "unix:/a b", kUnix},
      {"UnixPathEscaped", [](Options& o) { o.listen = "unix:/a%20b"; },
       "listen", "unix:/a%20b", kUnix},
      {"TlsOfNothing", [](Options& o) { o.security.tls.emplace(); },
       "security.tls.certificate_file and _pem", "''", kPem},
      {"TlsWithoutKey",
       [](Options& o) {
         o.security.tls =
             TlsOptions{.certificate_file = "c", .authority_file = "a"};
       },
       "security.tls.key_file and _pem", "''", kPem},
      {"TlsOfFilesAndPem",
       [](Options& o) {
         o.security.tls = TlsOptions{
             .certificate_file = "c", .key_file = "k", .authority_pem = "a"};
       },
       "security.tls.authority_file and _pem", "'PEM'", kPem},
      {"TlsTwice",
       [](Options& o) {
         o.security.tls =
             TlsOptions{.certificate_file = "c", .certificate_pem = "c"};
       },
       "security.tls.certificate_file and _pem", "'c and PEM'", kPem},
      {"ReloadPeriodTooShort",
       [](Options& o) {
         o.security.tls = TlsOptions{.certificate_file = "c",
                                     .key_file = "k",
                                     .authority_file = "a",
                                     .reload_period = absl::Milliseconds(99)};
       },
       "security.tls.reload_period", "99ms", "100ms to 1h"},
      {"ThreeSecrets",
       [=](Options& o) {
         o.security.secrets = {sixteen, sixteen + "b", sixteen + "c"};
       },
       "security.secrets", "3 secrets", "0 to 2 secrets"},
      {"ShortSecret",
       [](Options& o) { o.security.secrets = {std::string(15, 's')}; },
       "security.secrets[]", "15 bytes", "16 to 1024 bytes"},
      {"LongSecret",
       [](Options& o) { o.security.secrets = {std::string(1025, 's')}; },
       "security.secrets[]", "1025 bytes", "16 to 1024 bytes"},
      {"TheSameSecretTwice",
       [=](Options& o) {
         o.security.secrets = {sixteen, sixteen};
       },
       "security.secrets[]", "twice the same", "each secret once"},
      {"QuorumZero", [](Options& o) { o.sentinel.quorum = 0; },
       "sentinel.quorum", "'0'", "1 to 3"},
      {"QuorumAboveSentinels", [](Options& o) { o.sentinel.quorum = 4; },
       "sentinel.quorum", "'4'", "1 to 3"},
      {"DownAfterTooShort",
       [](Options& o) { o.sentinel.down_after = absl::Milliseconds(49); },
       "sentinel.down_after", "49ms", "50ms to 1h"},
      {"FailoverTimeoutBelowDownAfter",
       [](Options& o) {
         o.sentinel.failover_timeout = absl::Milliseconds(999);
       },
       "sentinel.failover_timeout", "999ms", "1s to 1h"},
      {"PriorityZero", [](Options& o) { o.priority = 0; }, "priority", "'0'",
       "1 to 1000"},
      {"IsolationNotBelowDownAfter",
       [](Options& o) { o.isolation_timeout = absl::Seconds(1); },
       "isolation_timeout", "'1s'",
       "20ms to less than sentinel.down_after (1s)"},
      {"MoreReplicasNeededThanThereAre",
       [](Options& o) { o.min_replicas_to_write = 3; }, "min_replicas_to_write",
       "'3'", "0 to 2"},
      {"NegativeReplicas", [](Options& o) { o.min_replicas_to_write = -1; },
       "min_replicas_to_write", "'-1'", "0 to 2"},
      {"LagTooShort",
       [](Options& o) { o.min_replicas_max_lag = absl::Milliseconds(199); },
       "min_replicas_max_lag", "199ms", "200ms to 1h"},
      {"UnreplicatedTimeTooShort",
       [](Options& o) { o.max_unreplicated_time = absl::Milliseconds(9); },
       "max_unreplicated_time", "9ms", "0 (off), or 10ms to 1h"},
      {"NegativeUnreplicatedTime",
       [](Options& o) { o.max_unreplicated_time = -absl::Seconds(1); },
       "max_unreplicated_time", "-1s", "0 (off), or 10ms to 1h"},
      {"UnknownEviction",
       [](Options& o) { o.eviction = static_cast<Eviction>(10); }, "eviction",
       "'10'", "a value of Eviction"},
      {"KeyLimitZero", [](Options& o) { o.key_bytes_max = 0; }, "key_bytes_max",
       "'0'", "1 to 65536"},
      {"ValueLimitTooLarge",
       [](Options& o) { o.value_bytes_max = (64 << 20) + 1; },
       "value_bytes_max", "67108865", "1 to 67108864"},
      {"LogBelowTwoValues", [](Options& o) { o.log_memory_bytes = 1 << 20; },
       "log_memory_bytes", "1048576", "33554432 to "},
      {"DiskLogBelowMemoryLog",
       [](Options& o) { o.log_disk_bytes = o.log_memory_bytes - 1; },
       "log_disk_bytes", "67108863", "log_memory_bytes or more"},
      {"CheckpointTooOften",
       [](Options& o) { o.checkpoint_period = absl::Milliseconds(99); },
       "checkpoint_period", "99ms", "100ms to 1h"},
      {"EndsTooSoon",
       [](Options& o) { o.close_timeout = absl::Milliseconds(99); },
       "close_timeout", "99ms", "100ms to 1h"},
      {"NoAsynchronousOperation",
       [](Options& o) { o.async_operations_max = 0; }, "async_operations_max",
       "0", "1 to 10000000"},
  };
}

INSTANTIATE_TEST_SUITE_P(All, OptionsRefusal, ::testing::ValuesIn(Refusals()),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace vigil
