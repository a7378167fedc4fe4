#include "engine/rocksdb_open.h"

#include <algorithm>
#include <cstdarg>
#include <memory>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/random.h"
#include "engine/rocksdb_directory.h"
#include "engine/rocksdb_schema.h"
#include "engine/rocksdb_synced_mark.h"
#include "rocksdb/env.h"
#include "rocksdb/options.h"
#include "rocksdb/slice_transform.h"
#include "rocksdb/write_batch.h"

namespace vigil::engine {
namespace {

using rocksdb::WALRecoveryMode;

class NoDiary final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

rocksdb::DBOptions DatabaseOptions(WALRecoveryMode mode, rocksdb::Env* env) {
  rocksdb::DBOptions options;
  options.env = env;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.wal_recovery_mode = mode;
  // What is read back from the write-ahead log at opening is written to tables and
  // synced at once: a killed process may have left it in the system's cache.
  options.avoid_flush_during_recovery = false;
  // Read again after a crash: it bounds the time that opening takes.
  options.max_total_wal_size = 128 << 20;
  // Spreads the write-back, so that an fsync finds little left to do.
  options.wal_bytes_per_sync = 1 << 20;
  options.bytes_per_sync = 1 << 20;
  options.max_background_jobs = 2;
  options.avoid_unnecessary_blocking_io = true;
  // Not RocksDB's own diary: on a full disk its file trips an assertion and takes
  // the application with it. What goes wrong comes back as a status anyway.
  options.info_log = std::make_shared<NoDiary>();
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

std::vector<rocksdb::ColumnFamilyDescriptor> Families(size_t write_buffer) {
  rocksdb::ColumnFamilyOptions options;
  options.compression = rocksdb::kNoCompression;
  options.write_buffer_size = write_buffer;
  rocksdb::ColumnFamilyOptions state = options;
  // Rows come in runs of one slice: the place of the last is near that of the next.
  state.memtable_insert_with_hint_prefix_extractor.reset(
      rocksdb::NewFixedPrefixTransform(schema::kStateSliceBytes));
  return {{rocksdb::kDefaultColumnFamilyName, options},
          {schema::kLogFamily, options},
          {schema::kStateFamily, state}};
}

// A directory, and how it is reached.
struct Place {
  const std::string& dir;
  const RocksDbOptions& options;

  std::shared_ptr<rocksdb::FileSystem> file_system() const {
    return options.file_system != nullptr ? options.file_system
                                          : rocksdb::FileSystem::Default();
  }
};

struct Opened {
  rocksdb::Status status;
  std::unique_ptr<RocksDb> db;
};

Opened OpenWith(const Place& place, WALRecoveryMode mode, bool read_only) {
  auto files = std::make_shared<WalFiles>(place.file_system(), place.dir);
  std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(files);
  rocksdb::DB* db = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  const rocksdb::DBOptions options = DatabaseOptions(mode, env.get());
  const auto descriptors = Families(place.options.write_buffer_bytes);
  Opened opened;
  opened.status =
      read_only
          ? rocksdb::DB::OpenForReadOnly(options, place.dir, descriptors,
                                         &families, &db)
          : rocksdb::DB::Open(options, place.dir, descriptors, &families, &db);
  if (opened.status.ok()) {
    opened.db = std::make_unique<RocksDb>(std::move(files), std::move(env), db,
                                          std::move(families));
    // RocksDB was not told of a failed write of its log.
    const absl::Status failure = opened.db->wal_files().failure();
    if (!failure.ok()) {
      opened.status = rocksdb::Status::IOError(std::string(failure.message()));
    }
  }
  if (!opened.status.ok()) opened.db.reset();
  return opened;
}

absl::Status Damaged(const std::string& dir, const rocksdb::Status& s) {
  return DirectoryDamaged(dir, s.ToString());
}

absl::Status Foreign(const std::string& dir, std::string_view why) {
  return absl::FailedPreconditionError(absl::StrCat(
      "data_dir '", dir, "' holds something else than the data of a node: ",
      absl::string_view(why.data(), why.size())));
}

// RocksDB tells of a held lock in words only, so the lock is asked.
bool IsInUse(const std::string& dir) {
  rocksdb::Env* env = rocksdb::Env::Default();
  rocksdb::FileLock* lock = nullptr;
  const std::string path = dir + "/LOCK";
  if (!env->FileExists(path).ok()) return false;
  if (!env->LockFile(path, &lock).ok()) return true;
  env->UnlockFile(lock);
  return false;
}

// A file that this storage makes, also before there is a CURRENT.
bool IsOurFile(const std::string& name) {
  return name == "LOCK" || name == "IDENTITY" ||
         name == SyncedMark::kFileName || absl::StartsWith(name, "LOG") ||
         absl::StartsWith(name, "MANIFEST-") ||
         absl::StartsWith(name, "OPTIONS-") || absl::EndsWith(name, ".log") ||
         absl::EndsWith(name, ".sst") || absl::EndsWith(name, ".dbtmp");
}

bool IsEmpty(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* family) {
  const std::unique_ptr<rocksdb::Iterator> it(
      db->NewIterator(rocksdb::ReadOptions(), family));
  it->SeekToFirst();
  return !it->Valid() && it->status().ok();
}

// Refuses a directory of somebody else before anything in it is changed. A node
// that died while it made its database leaves an empty one: that is ours.
absl::Status CheckOwner(const Place& place) {
  const std::string& dir = place.dir;
  const auto names = ListDirectory(dir);
  if (!names.ok()) return names.status();
  if (std::binary_search(names->begin(), names->end(), schema::kBackupFile)) {
    return absl::FailedPreconditionError(
        absl::StrCat("data_dir '", dir, "' is a backup: restore it elsewhere"));
  }
  if (!std::binary_search(names->begin(), names->end(), "CURRENT")) {
    for (const std::string& name : *names) {
      if (!IsOurFile(name)) return Foreign(dir, "there is a file " + name);
    }
    return absl::OkStatus();
  }
  std::vector<std::string> families;
  const std::unique_ptr<rocksdb::Env> env =
      rocksdb::NewCompositeEnv(place.file_system());
  const rocksdb::DBOptions options =
      DatabaseOptions(WALRecoveryMode::kPointInTimeRecovery, env.get());
  if (!rocksdb::DB::ListColumnFamilies(options, dir, &families).ok()) {
    return absl::OkStatus();  // opening it will say what is wrong
  }
  for (const std::string& family : families) {
    if (family != rocksdb::kDefaultColumnFamilyName &&
        family != schema::kLogFamily && family != schema::kStateFamily) {
      return Foreign(dir, "a RocksDB database with a column family " + family);
    }
  }
  if (families.size() == 3) return absl::OkStatus();
  rocksdb::DB* raw = nullptr;
  rocksdb::Options plain(options, rocksdb::ColumnFamilyOptions());
  if (!rocksdb::DB::OpenForReadOnly(plain, dir, &raw).ok())
    return absl::OkStatus();
  const std::unique_ptr<rocksdb::DB> db(raw);
  if (IsEmpty(db.get(), db->DefaultColumnFamily())) return absl::OkStatus();
  return Foreign(dir, "another RocksDB database");
}

// Whether all that was synced is there.
absl::Status CheckSynced(const std::string& dir, const RocksDb& db) {
  const uint64_t there = db->GetLatestSequenceNumber();
  const uint64_t synced = SyncedMark::Read(dir);
  if (there >= synced) return absl::OkStatus();
  return DirectoryDamaged(
      dir,
      std::string(absl::StrCat("of ", synced, " changes that were synced only ",
                               there, " are readable")));
}

// Whether a cut of the write-ahead log at its break loses only what was never
// synced.
absl::Status JudgeBreak(const Place& place) {
  const Opened cut = OpenWith(place, WALRecoveryMode::kPointInTimeRecovery,
                              /*read_only=*/true);
  if (!cut.status.ok()) return Damaged(place.dir, cut.status);
  return CheckSynced(place.dir, *cut.db);
}

// Writes the format into a new database, or checks that of an old one.
absl::Status CheckFormat(const std::string& dir, const RocksDb& db) {
  std::string format;
  const rocksdb::Status got =
      db->Get(rocksdb::ReadOptions(), db.main(), schema::kFormat, &format);
  if (got.ok()) {
    if (format == schema::kFormatNow) return absl::OkStatus();
    return absl::FailedPreconditionError(absl::StrCat(
        "data_dir '", dir, "' is of format ", format,
        ", but this version reads and writes format ", schema::kFormatNow,
        " only: open it with the version that wrote it, or give this node an "
        "empty data_dir and let it synchronise from its group"));
  }
  if (!got.IsNotFound()) return Damaged(dir, got);
  if (!IsEmpty(db.get(), db.main()))
    return Foreign(dir, "another RocksDB database");
  rocksdb::WriteBatch batch;
  batch.Put(db.main(), schema::kFormat, schema::kFormatNow);
  batch.Put(db.main(), schema::kHashSeed,
            schema::EncodeU64(RandomFromSystem()));
  batch.Put(db.main(), schema::kGeneration, schema::EncodeU64(1));
  batch.Put(db.main(), schema::kCheckpoint, schema::EncodeU64(0));
  rocksdb::WriteOptions durable;
  durable.sync = true;
  return schema::ToStatus(db->Write(durable, &batch));
}

}  // namespace

absl::StatusOr<std::unique_ptr<RocksDb>> OpenRocksDb(
    const std::string& dir, const RocksDbOptions& options) {
  const Place place{dir, options};
  if (absl::Status s = PrepareDirectory(dir); !s.ok()) return s;
  if (absl::Status s = CheckOwner(place); !s.ok()) return s;
  Opened opened = OpenWith(place, WALRecoveryMode::kAbsoluteConsistency,
                           /*read_only=*/false);
  if (opened.status.IsCorruption()) {
    if (absl::Status s = JudgeBreak(place); !s.ok()) return s;
    opened = OpenWith(place, WALRecoveryMode::kPointInTimeRecovery,
                      /*read_only=*/false);
  }
  if (!opened.status.ok()) {
    if (IsInUse(dir)) {
      return absl::FailedPreconditionError(
          absl::StrCat("data_dir '", dir, "' is in use by another node"));
    }
    if (opened.status.IsCorruption() || opened.status.IsPathNotFound()) {
      return Damaged(dir, opened.status);
    }
    return absl::InternalError(absl::StrCat(
        "data_dir '", dir, "' cannot be opened: ", opened.status.ToString()));
  }
  // Also without a break: a log may end early, or be gone altogether.
  if (absl::Status s = CheckSynced(dir, *opened.db); !s.ok()) return s;
  if (absl::Status s = CheckFormat(dir, *opened.db); !s.ok()) return s;
  return std::move(opened.db);
}

absl::StatusOr<std::unique_ptr<RocksDb>> OpenRocksDbReadOnly(
    const std::string& dir, const RocksDbOptions& options) {
  Opened opened =
      OpenWith({dir, options}, WALRecoveryMode::kPointInTimeRecovery,
               /*read_only=*/true);
  if (!opened.status.ok()) return schema::ToStatus(opened.status);
  return std::move(opened.db);
}

absl::StatusOr<uint64_t> ReadNumber(const RocksDb& db, const char* name) {
  std::string value;
  const rocksdb::Status got =
      db->Get(rocksdb::ReadOptions(), db.main(), name, &value);
  if (!got.ok() && !got.IsNotFound()) return schema::ToStatus(got);
  rocksdb::Slice bytes(value);
  const auto number = schema::TakeU64(bytes);
  if (!number) return absl::DataLossError(absl::StrCat("no number for ", name));
  return *number;
}

}  // namespace vigil::engine
