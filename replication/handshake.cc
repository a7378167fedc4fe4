#include "replication/handshake.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace vigil::replication {
namespace {

// Why this replica may not follow, or empty.
std::string RefusalOf(const Hello& hello, const HandshakeFacts& facts) {
  const MemberState& mine = facts.state;
  if (hello.protocol != kProtocol) {
    return absl::StrCat("protocol ", hello.protocol, " is not ", kProtocol);
  }
  if (hello.group != mine.group) {
    return absl::StrCat("group '", hello.group, "' is not '", mine.group, "'");
  }
  if (hello.id == mine.id) {
    return "a node cannot follow itself (was the data directory copied?)";
  }
  if (std::string why = Difference(facts.options, hello.options);
      !why.empty()) {
    return why;
  }
  if (!facts.is_master || hello.epoch != facts.epoch) {
    return absl::StrCat("'", mine.name, "' is not master of epoch ",
                        hello.epoch.number);
  }
  // A lineage without a record is no data: it may be given up for another.
  if (hello.lineage && hello.position.index > 0 &&
      hello.lineage != mine.lineage) {
    return absl::StrCat("'", hello.name, "' holds data of another lineage (",
                        ToString(hello.lineage), ", here ",
                        ToString(mine.lineage),
                        "): it belongs to another group's data_dir");
  }
  return {};
}

}  // namespace

std::variant<Welcome, Refused> DecideHandshake(const Hello& hello,
                                               const HandshakeFacts& facts) {
  const MemberState& mine = facts.state;
  if (std::string why = RefusalOf(hello, facts); !why.empty()) {
    // Another group's promise would raise this one's epochs for nothing.
    return Refused{
        .promise = hello.group == mine.group ? mine.promise : Epoch{},
        .why = std::move(why)};
  }
  const uint64_t common = CommonIndex(hello.history, hello.position.index,
                                      mine.history, facts.last_index);
  const bool held = facts.log_holds_from <= common + 1;
  const bool goes_on = held && common == hello.position.index;
  // With nothing in common there is nothing to keep.
  const bool rewind = held && !goes_on && common > 0 && !hello.no_rewind;
  return Welcome{.epoch = facts.epoch,
                 .lineage = mine.lineage,
                 .history = mine.history,
                 .configurations = mine.configurations,
                 .full = !goes_on && !rewind,
                 .rewind = rewind,
                 .from = common,
                 .target = facts.last_index,
                 .nonce = hello.nonce};
}

}  // namespace vigil::replication
