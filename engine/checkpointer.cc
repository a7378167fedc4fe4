#include "engine/checkpointer.h"

#include <algorithm>
#include <utility>

#include "engine/record.h"

namespace vigil::engine {
namespace {

// One write to the storage: bounds what is held in memory twice.
constexpr size_t kBatchBytes = 1 << 20;
// As much is looked up under one hold of a shard's lock: some tens of microseconds.
constexpr size_t kHoldKeys = 64;

}  // namespace

Checkpointer::Checkpointer(DataSet& data, Log& log, Storage& storage,
                           absl::Duration period, uint64_t log_bytes_kept)
    : data_(data),
      log_(log),
      storage_(storage),
      period_(period),
      log_bytes_kept_(log_bytes_kept) {}

void Checkpointer::Start() {
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
  // Not `complete` alone: a key that was changed before it and deleted while the pass was
  // under way was not there to be written any more. Its row is older than `complete` then,
  // and only the record of the deletion makes up for it.
  if (!log_.AwaitPersisted(log_.last_index())) return log_.health();
  absl::Status s = storage_.FinishCheckpoint(complete, log_bytes_kept_);
  if (!s.ok()) log_.Fail(s);
  return s;
}

absl::Status Checkpointer::WriteShard(size_t shard) {
  if (absl::Status s = DeleteGone(shard); !s.ok()) return s;
  if (absl::Status s = WriteDirty(shard); !s.ok()) return s;
  return WritePending();
}

absl::Status Checkpointer::DeleteGone(size_t shard) {
  const auto gone = data_.WriteInTurn(
      shard, [](Keyspace& keyspace) { return keyspace.TakeGone(); });
  for (size_t next = 0; next < gone.size();) {
    data_.WriteInTurn(shard, [&](Keyspace& keyspace) {
      const size_t end = std::min(gone.size(), next + kHoldKeys);
      for (; next < end; ++next) {
        const auto& [database, key] = gone[next];
        const uint64_t hash = data_.Hash(database, key);
        // It has come back: the old row is its own again, to go with it.
        if (Cell* const cell = keyspace.FindStored(hash, database, key)) {
          cell->set_stored(true);
          continue;
        }
        pending_.push_back({.slice = static_cast<uint8_t>(SliceOf(hash)),
                            .database = database,
                            .key = key,
                            .record = {}});
        pending_bytes_ += key.size();
      }
      // A deleted key has no version: whatever deleted it is in the log by now.
      pending_newest_ = log_.last_index();
    });
    if (absl::Status s = WriteIfFull(); !s.ok()) return s;
  }
  return absl::OkStatus();
}

absl::Status Checkpointer::WriteDirty(size_t shard) {
  const auto add = [this](const Cell& cell) {
    const uint64_t hash = data_.Hash(cell.database(), cell.key());
    StateChange& change = pending_.emplace_back();
    change.slice = static_cast<uint8_t>(SliceOf(hash));
    change.database = cell.database();
    change.key = cell.key();
    EncodeRecord({.type = RecordType::kSet,
                  .index = cell.version(),
                  .expires_at = cell.expires_at(),
                  .key = cell.key(),
                  .value = cell.value(),
                  .database = cell.database()},
                 change.record);
    pending_bytes_ += change.key.size() + change.record.size();
  };
  for (uint64_t position = 0; position < Table::kPositionEnd;) {
    std::vector<CellPin> large;
    data_.WriteInTurn(shard, [&](Keyspace& keyspace) {
      keyspace.VisitDirty(position, [&](const Cell& cell) {
        if (IsLarge(cell)) {
          large.emplace_back(cell);
        } else {
          add(cell);
        }
      });
      pending_newest_ = log_.last_index();
    });
    if (absl::Status s = WriteIfFull(); !s.ok()) return s;
    for (CellPin& pin : large) {
      add(*pin.get());
      pin = {};
      if (absl::Status s = WriteIfFull(); !s.ok()) return s;
    }
  }
  return absl::OkStatus();
}

absl::Status Checkpointer::WriteIfFull() {
  return pending_bytes_ < kBatchBytes ? absl::OkStatus() : WritePending();
}

absl::Status Checkpointer::WritePending() {
  const std::vector<StateChange> changes = std::exchange(pending_, {});
  pending_bytes_ = 0;
  if (stopping_) return absl::CancelledError("the engine is closing");
  if (changes.empty()) return absl::OkStatus();
  if (!log_.AwaitPersisted(pending_newest_)) return log_.health();
  absl::Status s = storage_.WriteState(changes);
  if (!s.ok()) log_.Fail(s);
  return s;
}

}  // namespace vigil::engine
