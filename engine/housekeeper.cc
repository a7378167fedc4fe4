#include "engine/housekeeper.h"

#include <algorithm>

namespace vigil::engine {
namespace {

// Of work in one go, and how many times as long it rests then. In most of it a shard is
// locked. A thread that has just slept keeps its core for as long as this; one that goes on
// loses it to others, for a millisecond, in which nobody can have that shard (seen: up to
// 5 ms, every second, with pieces of 5 ms).
constexpr absl::Duration kPiece = absl::Microseconds(500);
constexpr int kRest = 3;
// Of the eviction's clock, and of what is done every now and then.
constexpr int64_t kTickNs = 100'000'000;

}  // namespace

Housekeeper::Housekeeper(DataSet& data, Log& log, PagePool& pool,
                         Reclaimer& reclaimer, WorkBoard& works,
                         const Clock& clock, absl::Duration period)
    : data_(data),
      log_(log),
      pool_(pool),
      reclaimer_(reclaimer),
      period_(period),
      expirer_(data, log, clock),
      sweeper_(data),
      survey_(data),
      flush_work_(data, works) {}

void Housekeeper::Start() {
  thread_ = Thread("vigil-keep", [this] { Run(); });
}

void Housekeeper::Stop() {
  stopping_ = true;
  pool_.bell().Notify();
  thread_.Join();
}

void Housekeeper::Run() {
  // Large values that have gone, and memory that is wanted, do not wait for a round.
  Signal& bell = pool_.bell();
  MonoTime next = stopwatch_.Mono() + period_;
  MonoTime look_around = next;
  while (!stopping_) {
    const uint64_t seen = bell.Seen();
    pool_.Prepare();
    pool_.ReturnIdle();
    reclaimer_.Drain();
    const MonoTime now = stopwatch_.Mono();
    if (now >= next) {
      flush_work_.Look();
      if (now >= look_around) {
        LookAround();
        look_around = now + absl::Nanoseconds(kTickNs);
      }
      const bool done = Round(stopwatch_.Mono() + kPiece);
      flush_work_.Look();
      const absl::Duration worked = stopwatch_.Mono() - now;
      next = stopwatch_.Mono() +
             (done ? std::max(period_, kRest * worked) : kRest * worked);
    }
    if (!stopping_) bell.WaitPast(seen, next);
  }
}

void Housekeeper::LookAround() {
  MutexLock lock(mu_);
  const auto tick = static_cast<uint32_t>(stopwatch_.Mono().ns / kTickNs);
  for (size_t shard = 0; shard < data_.shards(); ++shard)
    data_.Write(shard, [&](Keyspace& keyspace) { keyspace.SetTick(tick); });
  survey_.Step();
}

bool Housekeeper::Round(MonoTime deadline) {
  MutexLock lock(mu_);
  // A replica deletes nothing by itself, but what it was told leaves memory, too.
  const bool expired = !log_.gate_open() || expirer_.RunUntil(deadline);
  return sweeper_.RunUntil(deadline) && expired;
}

size_t Housekeeper::RunOnce() {
  const uint64_t before = expirer_.expired();
  LookAround();
  Round(MonoTime::InfiniteFuture());
  reclaimer_.Drain();
  return static_cast<size_t>(expirer_.expired() - before);
}

}  // namespace vigil::engine
