#include "vigil/change_cursor.h"

#include <algorithm>

namespace vigil {
namespace {

bool IsOn(const History& history, uint64_t last, const Position& position) {
  if (position.index == 0) return true;
  return position.index <= last &&
         history.EpochAt(position.index) == position.epoch;
}

}  // namespace

std::optional<ChangeGap> ChangeCursor::Settle(
    const replication::LogFacts& facts, uint64_t last) {
  if (generation_ == facts.generation) return std::nullopt;
  generation_ = facts.generation;
  if (IsOn(facts.history, last, position_)) return std::nullopt;

  // Of the other log only the epoch at its end is known. Up to where that epoch is on
  // this log, too, the two are the same.
  const uint64_t common = CommonIndex(
      facts.history, last, History({{position_.epoch, 1}}), position_.index);
  const ChangeGap gap{.first_missing = common + 1,
                      .last_missing = std::max(last, position_.index)};
  Advance(last, facts.history);
  return gap;
}

ChangeGap ChangeCursor::SkipTo(uint64_t first, const History& history) {
  const ChangeGap gap{.first_missing = next(), .last_missing = first - 1};
  Advance(first - 1, history);
  return gap;
}

LogPosition ChangeCursor::position() const { return ToLogPosition(position_); }

Position ToPosition(const LogPosition& position) {
  return {.epoch = {position.epoch, NodeId{position.leader}},
          .index = position.index};
}

LogPosition ToLogPosition(const Position& position) {
  return {.epoch = position.epoch.number,
          .leader = position.epoch.leader.value,
          .index = position.index};
}

}  // namespace vigil
