// WalFailure: the first failed append or sync of a write-ahead log, kept for ever.
//
// Thread-safety: thread-safe.
#ifndef VIGIL_ENGINE_ROCKSDB_WAL_FAILURE_H_
#define VIGIL_ENGINE_ROCKSDB_WAL_FAILURE_H_

#include <atomic>

#include "absl/status/status.h"
#include "engine/base/mutex.h"
#include "rocksdb/io_status.h"

namespace vigil::engine {

class WalFailure {
 public:
  // OK, whatever `s` is: hides the failure from RocksDB.
  rocksdb::IOStatus Keep(const rocksdb::IOStatus& s) {
    if (s.ok()) return s;
    MutexLock lock(mu_);
    if (failure_.ok()) failure_ = absl::InternalError(s.ToString());
    happened_ = true;
    return rocksdb::IOStatus::OK();
  }

  bool happened() const { return happened_; }

  absl::Status status() const {
    if (!happened_) return absl::OkStatus();  // asked after each write
    MutexLock lock(mu_);
    return failure_;
  }

 private:
  std::atomic<bool> happened_{false};
  mutable Mutex mu_;
  absl::Status failure_ ABSL_GUARDED_BY(mu_);
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_ROCKSDB_WAL_FAILURE_H_
