#include "vigil/change_stream.h"

#include <algorithm>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/mutex.h"
#include "engine/base/signal.h"
#include "engine/change_filter.h"
#include "engine/databases.h"
#include "vigil/change_cursor.h"

namespace vigil {
namespace {

static_assert(kAllChanges == engine::kAllChangeKinds);
static_assert(static_cast<uint32_t>(ChangeKind::kFlushed) ==
              static_cast<uint32_t>(engine::ChangeKind::kFlushed));

absl::Status Check(const WatchOptions& options, int databases) {
  if (options.kinds == 0 || (options.kinds & ~kAllChanges) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("WatchOptions::kinds is ", options.kinds,
                     "; it must be one or more ChangeKinds joined by |"));
  }
  if (options.database.has_value() &&
      (*options.database < 0 || *options.database >= databases)) {
    return absl::InvalidArgumentError(
        absl::StrCat("WatchOptions::database is ", *options.database,
                     "; allowed: 0 to ", databases - 1));
  }
  return absl::OkStatus();
}

engine::ChangeFilter FilterOf(const WatchOptions& options) {
  engine::ChangeFilter filter{.key_prefix = options.prefix,
                              .kinds = options.kinds};
  if (options.database) {
    filter.database = static_cast<uint8_t>(*options.database);
  }
  return filter;
}

Change ToChange(const engine::ChangeView& view, bool with_value) {
  Change change{.index = view.index,
                .kind = static_cast<ChangeKind>(view.kind),
                .database = view.database,
                .key = std::string(view.key)};
  if (with_value) change.value = view.value;
  if (view.expires_at != WallTime{}) {
    change.expires_at = absl::FromUnixMillis(view.expires_at.ms);
  }
  return change;
}

}  // namespace

struct ChangeStream::Watcher {
  Watcher(const WatchOptions& options, Callback call, const Position& after,
          const engine::DatabaseNumbers& now)
      : filter(FilterOf(options)),
        values(options.values),
        uncommitted(options.uncommitted),
        callback(std::move(call)),
        cursor(after),
        told(after.index),
        numbers(now) {}

  const engine::ChangeFilter filter;
  const bool values;
  const bool uncommitted;
  const Callback callback;
  // Only the stream's thread touches these.
  ChangeCursor cursor;
  uint64_t told;  // up to which index, by the last group
  // At the cursor. (Of a position from before a swap they are not known any more: what
  // is before the swap is told under the numbers of now.)
  engine::DatabaseNumbers numbers;
  // Guarded by State::mu: a group is on its way to the callback, or in it.
  bool in_flight = false;
};

struct ChangeStream::State {
  explicit State(Signal& appended) : log(appended) {}

  Mutex mu;
  CondVar call_ended;
  std::vector<std::shared_ptr<Watcher>> watchers ABSL_GUARDED_BY(mu);
  // The watcher that is being called, and on which thread.
  const Watcher* calling ABSL_GUARDED_BY(mu) = nullptr;
  std::thread::id caller ABSL_GUARDED_BY(mu);
  bool stopped ABSL_GUARDED_BY(mu) = false;
  // The thread sleeps on the engine's signal while somebody wants to know what is not
  // committed yet, and else on the bell: who writes does not pay for a wake-up then.
  bool sleeps_on_log ABSL_GUARDED_BY(mu) = false;
  Signal& log;
  Signal bell;

  void Wake() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu) {
    bell.Notify();
    if (sleeps_on_log) log.Notify();
  }
};

ChangeStream::ChangeStream(engine::Engine& engine, Facts facts,
                           Executor& executor, int databases)
    : engine_(engine),
      facts_(std::move(facts)),
      executor_(executor),
      databases_(databases),
      state_(std::make_shared<State>(engine.appended())),
      thread_("vigil-watch", [this] { Run(); }) {}

absl::StatusOr<Subscription> ChangeStream::Watch(const WatchOptions& options,
                                                 Callback callback) {
  if (absl::Status valid = Check(options, databases_); !valid.ok())
    return valid;
  // Now is what reads show now, committed or not.
  const Position after =
      options.after ? ToPosition(*options.after)
                    : facts_().history.PositionAt(engine_.last_index());
  // After the position: a swap in between is read again.
  auto added = std::make_shared<Watcher>(options, std::move(callback), after,
                                         engine_.database_numbers());
  {
    MutexLock lock(state_->mu);
    state_->watchers.push_back(added);
    state_->Wake();
  }
  return Subscription([state = state_, added] {
    MutexLock lock(state->mu);
    std::erase(state->watchers, added);
    // Wait for a call that runs, unless it is the one that cancels itself.
    while (state->calling == added.get() &&
           state->caller != std::this_thread::get_id()) {
      state->call_ended.Wait(state->mu);
    }
  });
}

void ChangeStream::Wake() {
  MutexLock lock(state_->mu);
  if (!state_->watchers.empty()) state_->Wake();
}

void ChangeStream::Stop() {
  {
    MutexLock lock(state_->mu);
    state_->stopped = true;
    state_->Wake();
  }
  thread_.Join();
}

void ChangeStream::Run() {
  State& state = *state_;
  while (true) {
    Signal* signal = &state.bell;
    uint64_t seen = 0;
    std::vector<std::shared_ptr<Watcher>> ready;
    {
      MutexLock lock(state.mu);
      state.sleeps_on_log = false;
      // A call that ends after this touches the engine no more.
      if (state.stopped) return;
      for (const std::shared_ptr<Watcher>& watcher : state.watchers) {
        if (watcher->uncommitted) state.sleeps_on_log = true;
        if (!watcher->in_flight) ready.push_back(watcher);
      }
      if (state.sleeps_on_log) signal = &state.log;
      seen = signal->Seen();
    }
    bool moved = false;
    for (const std::shared_ptr<Watcher>& watcher : ready) {
      if (Step(watcher)) moved = true;
    }
    if (!moved) signal->WaitPast(seen, MonoTime::InfiniteFuture());
  }
}

// Takes `watcher` one group further. False: there is nothing for it now.
bool ChangeStream::Step(const std::shared_ptr<Watcher>& watcher) {
  const replication::LogFacts facts = facts_();
  if (facts.replacing) return false;
  const uint64_t last = engine_.last_index();
  if (const auto gap = watcher->cursor.Settle(facts, last)) {
    watcher->numbers = engine_.database_numbers();
    Deliver(watcher, {.gap = gap});
    return true;
  }
  const uint64_t end =
      watcher->uncommitted ? last : std::min(facts.commit, last);
  return watcher->cursor.next() <= end && Read(watcher, facts, end);
}

bool ChangeStream::Read(const std::shared_ptr<Watcher>& watcher,
                        const replication::LogFacts& facts, uint64_t end) {
  ChangeCursor& cursor = watcher->cursor;
  const absl::StatusOr<engine::LogSlice> slice =
      engine_.ReadLog(cursor.next(), kGroupBytes);
  const replication::LogFacts after = facts_();
  if (after.generation != facts.generation || after.replacing) return true;

  if (!slice.ok()) {
    // Gone from the disk, too, or the disk cannot be read: what is left is in memory.
    const uint64_t first = engine_.status().log_first_index;
    if (first > cursor.next()) {
      watcher->numbers = engine_.database_numbers();
      Deliver(watcher, {.gap = cursor.SkipTo(first, facts.history)});
    }
    return true;
  }
  if (slice->first == 0) return false;
  const auto views =
      engine::FilterChanges(*slice, end, watcher->filter, watcher->numbers);
  if (!views.ok()) {
    watcher->numbers = engine_.database_numbers();
    Deliver(watcher, {.gap = cursor.SkipTo(slice->last + 1, facts.history)});
    return true;
  }
  cursor.Advance(std::min(slice->last, end), facts.history);
  const bool silent =
      views->empty() && cursor.next() - 1 < watcher->told + kSilentRecordsMax;
  if (silent) return true;
  ChangeBatch batch;
  batch.changes.reserve(views->size());
  for (const engine::ChangeView& view : *views) {
    batch.changes.push_back(ToChange(view, watcher->values));
  }
  Deliver(watcher, std::move(batch));
  return true;
}

void ChangeStream::Deliver(const std::shared_ptr<Watcher>& watcher,
                           ChangeBatch batch) {
  batch.position = watcher->cursor.position();
  watcher->told = batch.position.index;
  {
    MutexLock lock(state_->mu);
    watcher->in_flight = true;
  }
  executor_.Post([state = state_, watcher,
                  group = std::make_shared<ChangeBatch>(std::move(batch))] {
    Call(*state, *watcher, *group);
    MutexLock lock(state->mu);
    watcher->in_flight = false;
    state->Wake();
  });
}

// On the executor's thread.
void ChangeStream::Call(State& state, const Watcher& watcher,
                        const ChangeBatch& batch) {
  {
    MutexLock lock(state.mu);
    const bool subscribed =
        std::any_of(state.watchers.begin(), state.watchers.end(),
                    [&](const auto& other) { return other.get() == &watcher; });
    if (!subscribed) return;
    state.calling = &watcher;
    state.caller = std::this_thread::get_id();
  }
  watcher.callback(batch);
  MutexLock lock(state.mu);
  state.calling = nullptr;
  state.call_ended.NotifyAll();
}

}  // namespace vigil
