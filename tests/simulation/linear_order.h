// LinearOrder: what was acknowledged at kQuorum, and what was read linearizably, is
// linearizable (invariant 4 of protocol.md).
//
// Each answer carries the position of its record, or of the last one that was read. That
// is a witness: positions must respect real time, and each answer must be what the
// operation does to, or finds in, the data that the log makes up to there. So checking is
// a sort and one replay, where a search for an order would be exponential.
#ifndef VIGIL_TESTS_SIMULATION_LINEAR_ORDER_H_
#define VIGIL_TESTS_SIMULATION_LINEAR_ORDER_H_

#include <algorithm>
#include <charconv>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/simulation/log_tree.h"
#include "tests/simulation/operation.h"

namespace vigil::simulation {

class LinearOrder {
 public:
  struct Witness {
    Position at;
    MonoTime invoked;
    MonoTime answered;
    bool read = false;
  };

  // Positions against real time.
  static std::string CheckTimes(std::vector<Witness> acked) {
    std::vector<Witness> by_answer = acked;
    const auto invoked = [](const Witness& a, const Witness& b) {
      return a.invoked < b.invoked;
    };
    const auto answered = [](const Witness& a, const Witness& b) {
      return a.answered < b.answered;
    };
    std::stable_sort(acked.begin(), acked.end(), invoked);
    std::stable_sort(by_answer.begin(), by_answer.end(), answered);
    Position newest;
    size_t done = 0;
    for (const Witness& op : acked) {
      for (; done < by_answer.size() && by_answer[done].answered < op.invoked;
           ++done) {
        newest = std::max(newest, by_answer[done].at);
      }
      // A read may see what was there, a write comes after it.
      if (op.at < newest || (op.at == newest && !op.read)) {
        return absl::StrCat("4: the ", op.read ? "read" : "operation", " at ",
                            ToString(op.at), " began after the one at ",
                            ToString(newest), " was answered");
      }
    }
    return {};
  }

  // Answers against the data, of everything that is in the log of `branch`.
  static std::string CheckAnswers(
      const std::vector<const Operation*>& applied,
      const std::vector<const ReadOperation*>& reads, const LogTree& tree,
      const Branch& branch) {
    std::map<Position, const Operation*> at;
    for (const Operation* op : applied) at[op->at] = op;
    std::multimap<Position, const ReadOperation*> read_at;
    for (const ReadOperation* read : reads)
      read_at.emplace(read->position, read);
    Content content;
    std::string wrong;
    tree.ForEach(branch, [&](const Position& position, const auto& record) {
      const auto found = at.find(position);
      const Operation* op = found == at.end() ? nullptr : found->second;
      const Value before = op == nullptr ? Value{} : content[op->key];
      Replay(record, content);
      if (!wrong.empty()) return;
      const auto [first, end] = read_at.equal_range(position);
      for (auto read = first; read != end; ++read) {
        std::string why = JudgeRead(*read->second, content[read->second->key]);
        if (!why.empty())
          wrong = absl::StrCat("4: read at ", ToString(position), ": ", why);
      }
      if (op == nullptr) return;
      if (std::string why = Judge(*op, before, content[op->key]); !why.empty())
        wrong = absl::StrCat("4: at ", ToString(position), ": ", why);
    });
    return wrong;
  }

 private:
  static std::string JudgeRead(const ReadOperation& read, const Value& there) {
    const bool hidden =
        there.expires_ms != 0 && there.expires_ms <= read.wall.ms;
    if (there.version == 0 || hidden) {
      return read.value.has_value()
                 ? absl::StrCat(read.key, " was read, and is not there")
                 : "";
    }
    if (!read.value.has_value())
      return absl::StrCat(read.key, " is there, and was not read");
    return *read.value == there.value && read.version == there.version
               ? ""
               : absl::StrCat(read.key, " was '", *read.value, "' of ",
                              read.version, ", and is '", there.value, "' of ",
                              there.version);
  }

  static void Replay(const engine::RecordView& record, Content& content) {
    engine::ForEachEffect(record, [&](const engine::RecordView& effect) {
      Value& value = content[std::string(effect.key)];
      value = {};
      if (effect.type == engine::RecordType::kSet)
        value = {std::string(effect.value), record.index, effect.expires_at.ms};
    });
  }

  static std::string Judge(const Operation& op, const Value& before,
                           const Value& after) {
    using Kind = Operation::Kind;
    switch (op.kind) {
      case Kind::kSet:
        return after.value == op.value ? "" : "set, and the value is another";
      case Kind::kCompareAndSet:
        if (before.version != op.version) return "the version did not fit";
        return after.value == op.value ? "" : "set, and the value is another";
      case Kind::kAdd:
        return before.version == 0 ? "" : "added, and it was there";
      case Kind::kAppend:
        if (after.value != before.value + op.value) return "appended otherwise";
        return after.value.size() == op.size ? "" : "another size was answered";
      case Kind::kIncrement:
        return after.value == std::to_string(op.integer)
                   ? ""
                   : "another sum was answered";
      case Kind::kTransfer:
        return before.version == op.version ? "" : "the version did not fit";
    }
    return {};
  }
};

}  // namespace vigil::simulation

#endif  // VIGIL_TESTS_SIMULATION_LINEAR_ORDER_H_
