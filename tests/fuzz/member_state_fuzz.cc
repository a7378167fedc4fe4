// A member's state, its configuration in it: what decodes is encoded to what decodes to the same.
#include "replication/member_state.h"
#include "tests/fuzz/fuzz_target.h"

namespace vigil::fuzz {

void TryOne(std::string_view bytes) {
  const auto state = replication::DecodeMemberState(bytes);
  if (!state.ok()) return;
  const auto again =
      replication::DecodeMemberState(replication::EncodeMemberState(*state));
  Require(again.ok() && *again == *state, "it comes back as it was");
}

std::vector<std::string> Seeds() {
  replication::MemberState state;
  state.group = "g";
  state.name = "a";
  state.id = {0xa1};
  state.lineage = {0xb2};
  state.promise = {3, {0xa1}};
  state.history = History({{{1, {0xa1}}, 1}, {{3, {0xa1}}, 20}});
  state.formed = true;
  state.boot = "boot";
  replication::Configuration configuration{4,
                                           {{"a", "127.0.0.1:7001", {0xa1}},
                                            {"b", "127.0.0.1:7002", {0xb1}},
                                            {"c", "[::1]:7003", {}}}};
  state.configurations = configuration;
  configuration.version = 5;
  configuration.before = configuration.members;
  configuration.readers = {{"d", "127.0.0.1:7004", {0xd1}}};
  state.configurations.Append(30, configuration);
  state.appending = {31, replication::Configuration{6, configuration.members}};
  return {replication::EncodeMemberState(state),
          replication::EncodeMemberState({})};
}

}  // namespace vigil::fuzz
