// RocksDbWriter: the one way in which batches get into the database.
//
// After the first failure nothing is written any more: what RocksDB says of a write
// behind a failed one is not to be believed. What is synced for certain is marked in the
// directory (rocksdb_synced_mark.h).
//
// Thread-safety: thread-safe. Lifetime: `db` outlives it.
#ifndef VIGIL_ENGINE_ROCKSDB_WRITER_H_
#define VIGIL_ENGINE_ROCKSDB_WRITER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/mutex.h"
#include "engine/rocksdb_open.h"
#include "engine/rocksdb_synced_mark.h"
#include "engine/storage.h"
#include "rocksdb/write_batch.h"

namespace vigil::engine {

class RocksDbWriter {
 public:
  RocksDbWriter(const std::string& dir, RocksDb& db) : db_(db), synced_(dir) {}

  // kInternal: it failed, or one before did.
  absl::Status Write(rocksdb::WriteBatch& batch, bool sync);
  // All that was written before the call.
  absl::Status Sync();
  // OK, or the first failure.
  absl::Status failure() const;

 private:
  absl::Status Keep(const rocksdb::Status& s);  // remembers the first failure

  RocksDb& db_;
  SyncedMark synced_;  // holds RocksDB sequence numbers
  mutable Mutex mu_;
  absl::Status failure_ ABSL_GUARDED_BY(mu_);
};

// Adds these changes of the state of a generation to `batch`.
void PutState(const RocksDb& db, uint64_t generation,
              const std::vector<StateChange>& changes,
              rocksdb::WriteBatch& batch);

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_ROCKSDB_WRITER_H_
