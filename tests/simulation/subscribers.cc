#include "tests/simulation/subscribers.h"

#include <algorithm>
#include <optional>

namespace vigil::simulation {
namespace {

constexpr size_t kGroupBytes = 1 << 10;

}  // namespace

void Subscribers::Start(int subscribers) {
  for (int i = 0; i < subscribers; ++i) {
    Subscriber& added = subscribers_.emplace_back();
    added.uncommitted = i % 2 == 1;
    added.machine = static_cast<size_t>(i) % processes_.size();
  }
  for (size_t i = 0; i < subscribers_.size(); ++i) Next(i);
}

void Subscribers::Next(size_t nth) {
  world_.scheduler.After(
      world_.random.Between(absl::Milliseconds(1), absl::Milliseconds(50)),
      [this, nth] {
        Look(subscribers_[nth]);
        Next(nth);
      });
}

void Subscribers::Look(Subscriber& subscriber) {
  if (!world_.calm && world_.random.Uniform(40) == 0) {
    subscriber.machine = world_.random.Uniform(processes_.size());
    subscriber.process = 0;
  }
  Process& process = *processes_[subscriber.machine];
  if (!process.alive() || process.paused()) return;
  if (subscriber.process != process.starts()) {
    subscriber.process = process.starts();
    subscriber.cursor = ChangeCursor(ToPosition(subscriber.cursor.position()));
  }
  while (Step(subscriber, process)) {
  }
}

// As in change_stream.cc.
bool Subscribers::Step(Subscriber& subscriber, Process& process) {
  ChangeCursor& cursor = subscriber.cursor;
  const replication::LogFacts facts = process.member().log_facts();
  if (facts.replacing) return false;
  const auto tell_gap = [&](const ChangeGap& gap) {
    world_.checks.Fail(subscriber.changes.OnGap(gap, cursor.next()));
    return true;
  };
  const engine::Engine& engine = process.engine();
  const uint64_t last = engine.last_index();
  if (const auto gap = cursor.Settle(facts, last)) return tell_gap(*gap);
  const uint64_t end =
      subscriber.uncommitted ? last : std::min(facts.commit, last);
  if (cursor.next() > end) return false;
  const auto slice = engine.ReadLog(cursor.next(), kGroupBytes);
  if (!slice.ok()) {
    const uint64_t first = engine.status().log_first_index;
    return first > cursor.next() &&
           tell_gap(cursor.SkipTo(first, facts.history));
  }
  if (slice->first == 0) return false;
  const uint64_t upto = std::min(slice->last, end);
  for (uint64_t i = cursor.next(); i <= upto; ++i) {
    const Position at = facts.history.PositionAt(i);
    ++told_;
    world_.checks.Fail(subscriber.changes.OnTold(at));
    if (!subscriber.uncommitted)
      world_.checks.OnToldAsCommitted(at, facts.history.last_epoch());
  }
  cursor.Advance(upto, facts.history);
  return true;
}

void Subscribers::CheckAtEnd(const Branch& branch) {
  for (const Subscriber& subscriber : subscribers_) {
    world_.checks.Fail(subscriber.changes.Check(
        branch, [&](const Position& at) { return world_.checks.Excused(at); }));
  }
}

}  // namespace vigil::simulation
