#include "engine/rocksdb_writer.h"

#include <algorithm>
#include <utility>

#include "engine/rocksdb_schema.h"

namespace vigil::engine {

absl::Status RocksDbWriter::Keep(const rocksdb::Status& s) {
  absl::Status hidden = db_.wal_files().failure();
  if (s.ok() && hidden.ok()) return absl::OkStatus();
  MutexLock lock(mu_);
  if (failure_.ok())
    failure_ = s.ok() ? std::move(hidden) : absl::InternalError(s.ToString());
  return failure_;
}

absl::Status RocksDbWriter::failure() const {
  MutexLock lock(mu_);
  return failure_;
}

absl::Status RocksDbWriter::Write(rocksdb::WriteBatch& batch, bool sync) {
  if (absl::Status failed = failure(); !failed.ok()) return failed;
  const uint64_t before = db_->GetLatestSequenceNumber();
  const uint64_t logs_before = db_.wal_files().begun();
  rocksdb::WriteOptions options;
  options.sync = sync;
  absl::Status s = Keep(db_->Write(options, &batch));
  if (!s.ok()) return s;
  if (sync) {
    // Synced with everything before it, and it has a number above `before`.
    synced_.Advance(before + 1);
  } else if (db_.wal_files().begun() != logs_before) {
    synced_.Advance(before);
  }
  return s;
}

absl::Status RocksDbWriter::Sync() {
  if (absl::Status failed = failure(); !failed.ok()) return failed;
  const uint64_t before = db_->GetLatestSequenceNumber();
  absl::Status s = Keep(db_->SyncWAL());
  if (s.ok()) synced_.Advance(before);
  return s;
}

// In the order of the rows: RocksDB inserts a run of neighbours twice as fast.
void PutState(const RocksDb& db, uint64_t generation,
              const std::vector<StateChange>& changes,
              rocksdb::WriteBatch& batch) {
  using Row = std::pair<std::string, const StateChange*>;
  std::vector<Row> rows;
  rows.reserve(changes.size());
  for (const StateChange& change : changes) {
    rows.emplace_back(
        schema::StateKey(generation, change.slice, change.database, change.key),
        &change);
  }
  // Stable: of two changes of one key the later one counts.
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return a.first < b.first;
  });
  for (const auto& [row, change] : rows) {
    if (change->record.empty()) {
      batch.Delete(db.state(), row);
    } else {
      batch.Put(db.state(), row, change->record);
    }
  }
}

}  // namespace vigil::engine
