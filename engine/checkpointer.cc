#include "engine/checkpointer.h"

#include <algorithm>
#include <utility>

#include "engine/record.h"

namespace vigil::engine {
namespace {

// One write to the storage: bounds what is held in memory twice.
constexpr size_t kBatchBytes = 1 << 20;
// As much is read under one hold of a shard's lock: a few tens of microseconds.
constexpr size_t kHoldKeys = 64;
constexpr size_t kHoldBytes = 64 << 10;

}  // namespace

Checkpointer::Checkpointer(DataSet& data, Log& log, Storage& storage,
                           absl::Duration period, uint64_t log_bytes_kept)
    : data_(data),
      log_(log),
      storage_(storage),
      period_(period),
      log_bytes_kept_(log_bytes_kept) {
  thread_ = Thread("vigil-ckpt", [this] { Run(); });
}

void Checkpointer::Stop() {
  {
    MutexLock lock(mu_);
    stopping_ = true;
  }
  moved_.NotifyAll();
  thread_.Join();
}

void Checkpointer::Run() {
  const SystemClock clock;
  MonoTime next = clock.Mono() + period_;
  for (;;) {
    {
      MutexLock lock(mu_);
      while (!stopping_ && clock.Mono() < next) moved_.WaitUntil(mu_, next);
      if (stopping_) return;
    }
    if (!RunOnce().ok()) return;
    next = clock.Mono() + period_;
  }
}

void Checkpointer::Enter() {
  MutexLock lock(mu_);
  while (busy_) moved_.Wait(mu_);
  busy_ = true;
}

void Checkpointer::Leave() {
  {
    MutexLock lock(mu_);
    busy_ = false;
  }
  moved_.NotifyAll();
}

absl::Status Checkpointer::RunOnce() {
  const Pause others(*this);
  if (absl::Status health = log_.health(); !health.ok()) return health;
  const uint64_t complete = log_.last_index();
  for (size_t shard = 0; shard < data_.shards(); ++shard) {
    if (absl::Status s = WriteShard(shard); !s.ok()) return s;
  }
  if (complete == storage_.checkpoint()) return absl::OkStatus();
  // Not before the log is there: a checkpoint ahead of it would be a gap.
  if (!log_.AwaitPersisted(complete)) return log_.health();
  absl::Status s = storage_.FinishCheckpoint(complete, log_bytes_kept_);
  if (!s.ok()) log_.Fail(s);
  return s;
}

absl::Status Checkpointer::WriteShard(size_t shard) {
  const auto changed = data_.Write(
      shard, [](Keyspace& keyspace) { return keyspace.TakeChanged(); });
  const std::vector<std::string> keys(changed.begin(), changed.end());
  for (size_t next = 0; next < keys.size();) {
    const size_t first = next;
    uint64_t newest = 0;
    const std::vector<StateChange> changes = Collect(shard, keys, next, newest);
    const absl::Status written = WriteBatch(changes, newest);
    if (!written.ok()) {
      data_.Write(shard, [&](Keyspace& keyspace) {
        for (size_t i = first; i < keys.size(); ++i)
          keyspace.MarkChanged(keys[i]);
      });
      return written;
    }
  }
  return absl::OkStatus();
}

std::vector<StateChange> Checkpointer::Collect(
    size_t shard, const std::vector<std::string>& keys, size_t& next,
    uint64_t& newest) {
  std::vector<StateChange> changes;
  size_t bytes = 0;
  while (next < keys.size() && bytes < kBatchBytes) {
    data_.Read(shard, [&](const Keyspace& keyspace) {
      const size_t hold_end = std::min(keys.size(), next + kHoldKeys);
      for (size_t held = 0; next < hold_end && held < kHoldBytes; ++next) {
        StateChange change{.key = keys[next], .record = {}};
        if (const Entry* entry = keyspace.FindStored(keys[next])) {
          EncodeRecord({.type = RecordType::kSet,
                        .index = entry->version,
                        .expires_at = entry->expires_at,
                        .key = keys[next],
                        .value = entry->value},
                       change.record);
        }
        held += change.key.size() + change.record.size();
        bytes += change.key.size() + change.record.size();
        changes.push_back(std::move(change));
      }
      // A deleted key has no version: whatever deleted it is in the log by now.
      newest = log_.last_index();
    });
  }
  return changes;
}

absl::Status Checkpointer::WriteBatch(const std::vector<StateChange>& changes,
                                      uint64_t newest) {
  if (stopping_) return absl::CancelledError("the engine is closing");
  if (!log_.AwaitPersisted(newest)) return log_.health();
  absl::Status s = storage_.WriteState(changes);
  if (!s.ok()) log_.Fail(s);
  return s;
}

}  // namespace vigil::engine
