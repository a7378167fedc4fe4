// Opening the database of one node: the directory, the lock, and the judgement
// whether a broken write-ahead log is a torn end or damage.
//
// RocksDB can only be told in advance what to do with a broken log. So it is first
// told to accept none. If it then finds one, a read-only look shows what a cut at
// the break would leave: that must not be less than what was synced (SyncedMark,
// which holds a RocksDB sequence number). Only then the end is cut off.
#ifndef VIGIL_ENGINE_ROCKSDB_OPEN_H_
#define VIGIL_ENGINE_ROCKSDB_OPEN_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/rocksdb_wal_files.h"
#include "rocksdb/db.h"
#include "rocksdb/env.h"
#include "rocksdb/file_system.h"

namespace vigil::engine {

// What a node has no reason to choose, but tests have.
struct RocksDbOptions {
  // Null: the machine's.
  std::shared_ptr<rocksdb::FileSystem> file_system;
  // Of each column family, before it is written to a table.
  size_t write_buffer_bytes = 32 << 20;
};

// An open database with its column families.
class RocksDb {
 public:
  RocksDb(std::shared_ptr<WalFiles> wal_files,
          std::unique_ptr<rocksdb::Env> env, rocksdb::DB* db,
          std::vector<rocksdb::ColumnFamilyHandle*> families)
      : wal_files_(std::move(wal_files)),
        env_(std::move(env)),
        db_(db),
        families_(std::move(families)) {}
  ~RocksDb() {
    for (auto* family : families_) db_->DestroyColumnFamilyHandle(family);
  }
  RocksDb(const RocksDb&) = delete;
  RocksDb& operator=(const RocksDb&) = delete;

  const WalFiles& wal_files() const { return *wal_files_; }
  rocksdb::DB* get() const { return db_.get(); }
  rocksdb::DB* operator->() const { return db_.get(); }
  rocksdb::ColumnFamilyHandle* main() const { return families_[0]; }
  rocksdb::ColumnFamilyHandle* log() const { return families_[1]; }
  rocksdb::ColumnFamilyHandle* state() const { return families_[2]; }

 private:
  const std::shared_ptr<WalFiles> wal_files_;
  const std::unique_ptr<rocksdb::Env> env_;  // outlives what uses it
  const std::unique_ptr<rocksdb::DB> db_;
  const std::vector<rocksdb::ColumnFamilyHandle*> families_;
};

// Errors as OpenRocksDbStorage. A new database has its format written.
absl::StatusOr<std::unique_ptr<RocksDb>> OpenRocksDb(
    const std::string& dir, const RocksDbOptions& options);

// Reads what is there, and changes nothing. An end of the log that is torn is left
// out. For a directory that no node has open.
absl::StatusOr<std::unique_ptr<RocksDb>> OpenRocksDbReadOnly(
    const std::string& dir, const RocksDbOptions& options);

// A number of the default column family. kDataLoss: there is none.
absl::StatusOr<uint64_t> ReadNumber(const RocksDb& db, const char* name);

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_ROCKSDB_OPEN_H_
