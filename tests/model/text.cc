#include "tests/model/text.h"

#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/model/invariants.h"

namespace vigil::model {
namespace {

std::string Node(int member) {
  return std::string(1, static_cast<char>('A' + member));
}

// "2", and with rivals "2a" and "2b".
std::string Name(const Scope& scope, Epoch epoch) {
  std::string name = absl::StrCat(scope.NumberOf(epoch));
  if (scope.rivals && epoch > 1) name += epoch % 2 == 0 ? 'a' : 'b';
  return name;
}

std::string Name(Members set) {
  std::string name;
  for (int i = 0; i < kMembers; ++i) {
    if (set >> i & 1) name += Node(i);
  }
  return name;
}

// "1e 1w 2e": epoch records and writes.
std::string Name(const Scope& scope, const Log& log) {
  std::string name;
  for (int i = 1; i <= log.size(); ++i) {
    const Record record = log.At(i);
    absl::StrAppend(&name, i > 1 ? " " : "", Name(scope, record.epoch));
    const std::string target = Name(scope.targets[record.target]);
    switch (record.kind) {
      case Kind::kEpochRecord:
        name += "e";
        break;
      case Kind::kWrite:
        name += "w";
        break;
      case Kind::kJoint:
        absl::StrAppend(&name, "joint{", target, "}");
        break;
      case Kind::kFinal:
        absl::StrAppend(&name, "final{", target, "}");
        break;
    }
  }
  return name.empty() ? "empty" : name;
}

}  // namespace

std::string ToString(const Scope& scope, const Step& step) {
  const std::string node = Node(step.member);
  const std::string epoch = Name(scope, step.epoch);
  const int number = step.number;
  switch (step.action) {
    case Action::kFence:
      return absl::StrCat("Fence(", epoch, ") reaches ", node, ", it answers");
    case Action::kSendPromote:
      return absl::StrCat("leader of ", epoch, ", with the answers of ",
                          Name(step.number), ", sends Promote to ", node);
    case Action::kCopyTail:
      return absl::StrCat(node, " copies the tail of ", Node(number),
                          " for leader of ", epoch);
    case Action::kPromote:
      return absl::StrCat("Promote(", epoch, ") reaches ", node,
                          ": it is master");
    case Action::kWrite:
      return absl::StrCat(node, " writes in epoch ", epoch);
    case Action::kHold:
      return absl::StrCat(node, "'s system has its log");
    case Action::kFsync:
      return absl::StrCat(node, " fsyncs up to ", number);
    case Action::kHello:
      return absl::StrCat("master of ", epoch, " reads ", node, "'s nonce");
    case Action::kReceive:
      return absl::StrCat(node, " receives the stream of ", epoch, " up to ",
                          number);
    case Action::kBeginFullSync:
      return absl::StrCat(node, " begins a full sync from ", epoch);
    case Action::kAppendJoint:
      return absl::StrCat(node, " appends joint to ",
                          Name(scope.targets[step.number]));
    case Action::kAppendFinal:
      return absl::StrCat(node, " appends final ",
                          Name(scope.targets[step.number]));
    case Action::kKill:
      return absl::StrCat(node, " is killed, restarts with ", number,
                          " records");
    case Action::kPowerCut:
      return absl::StrCat(node, " loses power, restarts with ", number,
                          " records");
    case Action::kWipe:
      return absl::StrCat(node, " is wiped");
    case Action::kBeginRound:
      return absl::StrCat(node, " begins a round");
    case Action::kReadArrives:
      return absl::StrCat("a read arrives at ", node);
    case Action::kConfirm:
      return absl::StrCat(node, " confirms epoch ", epoch);
    case Action::kAnswerRead:
      return absl::StrCat(node, " answers the read from its log up to ",
                          number);
  }
  return "unknown";
}

std::string ToString(const Scope& scope, const State& state) {
  std::string text;
  for (int i = 0; i < scope.nodes; ++i) {
    const Member& member = state.members[i];
    absl::StrAppend(&text, "     ", Node(i), "  ", Name(scope, member.log),
                    " | promise ", Name(scope, member.promise));
    if (member.master != 0) {
      absl::StrAppend(&text, " | master of ", Name(scope, member.master));
    }
    absl::StrAppend(&text,
                    member.gone     ? " | wiped"
                    : member.fuzzy  ? " | in a full sync"
                    : member.formed ? " | formed"
                                    : " | unformed",
                    "\n");
  }
  for (Epoch epoch = 1; epoch <= scope.epochs; ++epoch) {
    if (state.streams[epoch].empty()) continue;
    absl::StrAppend(&text, "     epoch ", Name(scope, epoch), ": ",
                    Name(scope, state.streams[epoch]), " | acknowledged up to ",
                    state.committed[epoch], "\n");
  }
  return text;
}

std::string TraceOf(const Scope& scope, const Result& result) {
  std::string text;
  int number = 0;
  for (const auto& [step, state] : result.trace) {
    absl::StrAppendFormat(&text, "%4d %s\n", ++number, ToString(scope, step));
  }
  if (!result.trace.empty()) {
    absl::StrAppend(&text, "  => ", std::string(ToString(result.violation)),
                    "\n", ToString(scope, result.trace.back().second));
  }
  return text;
}

}  // namespace vigil::model
