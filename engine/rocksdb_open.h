// Opening the database of one node: the directory, the lock, and the judgement
// whether a broken write-ahead log is a torn end or damage.
//
// RocksDB can only be told in advance what to do with a broken log. So it is first
// told to accept none. If it then finds one, a read-only look shows what a cut at
// the break would leave: that must not be less than what was synced (SyncedMark,
// which holds a RocksDB sequence number). Only then the end is cut off.
#ifndef VIGIL_ENGINE_ROCKSDB_OPEN_H_
#define VIGIL_ENGINE_ROCKSDB_OPEN_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "rocksdb/db.h"

namespace vigil::engine {

// An open database with its column families.
class RocksDb {
 public:
  RocksDb(rocksdb::DB* db, std::vector<rocksdb::ColumnFamilyHandle*> families)
      : db_(db), families_(std::move(families)) {}
  ~RocksDb() {
    for (auto* family : families_) db_->DestroyColumnFamilyHandle(family);
  }
  RocksDb(const RocksDb&) = delete;
  RocksDb& operator=(const RocksDb&) = delete;

  rocksdb::DB* get() const { return db_.get(); }
  rocksdb::DB* operator->() const { return db_.get(); }
  rocksdb::ColumnFamilyHandle* main() const { return families_[0]; }
  rocksdb::ColumnFamilyHandle* log() const { return families_[1]; }
  rocksdb::ColumnFamilyHandle* state() const { return families_[2]; }

 private:
  const std::unique_ptr<rocksdb::DB> db_;
  const std::vector<rocksdb::ColumnFamilyHandle*> families_;
};

// Errors as OpenRocksDbStorage. A new database has its format written.
absl::StatusOr<std::unique_ptr<RocksDb>> OpenRocksDb(const std::string& dir);

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_ROCKSDB_OPEN_H_
