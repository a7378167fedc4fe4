#include "engine/syncer.h"

#include "absl/time/time.h"
#include "engine/base/clock.h"

namespace vigil::engine {
namespace {

constexpr absl::Duration kEverySecond = absl::Seconds(1);

}  // namespace

Syncer::Syncer(Log& log, BlobWriter& blobs, Storage& storage,
               FsyncPolicy policy)
    : log_(log),
      blobs_(blobs),
      storage_(storage),
      every_second_(policy == FsyncPolicy::kEverySecond) {}

void Syncer::Request(uint64_t index) {
  uint64_t before = requested_;
  while (before < index && !requested_.compare_exchange_weak(before, index)) {
  }
  wake_.Notify();
}

absl::Status Syncer::SyncNow() {
  if (absl::Status s = blobs_.WriteAll(); !s.ok()) return s;
  const Log::Mark mark = log_.persisted_mark();
  const absl::Status synced = storage_.SyncLog();
  synced.ok() ? log_.MarkDurable(mark) : log_.Fail(synced);
  return synced;
}

absl::Status Syncer::SyncInTurn() {
  if (absl::Status s = blobs_.WriteAll(); !s.ok()) return s;
  const Log::Mark mark = log_.BeginSync();
  const absl::Status synced = storage_.SyncLog();
  synced.ok() ? log_.EndSync(mark) : log_.Fail(synced);
  return synced;
}

void Syncer::Start() {
  thread_ = Thread("vigil-sync", [this] { Run(); });
}

void Syncer::Stop() {
  stopping_ = true;
  wake_.Notify();
  thread_.Join();
}

void Syncer::Run() {
  const SystemClock clock;
  MonoTime second = clock.Mono() + kEverySecond;
  for (;;) {
    const uint64_t seen = wake_.Seen();
    if (stopping_) return;
    const uint64_t durable = log_.durable_index();
    const MonoTime now = clock.Mono();
    const bool due = every_second_ && now >= second;
    if (due) second = now + kEverySecond;
    if (log_.last_index() > durable && (due || requested_ > durable)) {
      if (!SyncInTurn().ok()) return;
      continue;
    }
    wake_.WaitPast(seen, every_second_ ? second : MonoTime::InfiniteFuture());
  }
}

}  // namespace vigil::engine
