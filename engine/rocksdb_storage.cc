#include "engine/rocksdb_storage.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/log_collector.h"
#include "engine/rocksdb_backup.h"
#include "engine/rocksdb_blobs.h"
#include "engine/rocksdb_directory.h"
#include "engine/rocksdb_open.h"
#include "engine/rocksdb_rows.h"
#include "engine/rocksdb_schema.h"
#include "engine/rocksdb_writer.h"
#include "rocksdb/convenience.h"
#include "rocksdb/write_batch.h"

namespace vigil::engine {
namespace {

using rocksdb::Slice;
using rocksdb::WriteBatch;
using schema::EncodeU64;
using schema::LogKey;
using schema::StatePrefix;
using schema::ToStatus;

// Of one thread that loads the state; large enough to keep a disk busy.
constexpr size_t kLoadReadahead = 2 << 20;

// All writes go through RocksDB's one write-ahead log, so whatever a crash leaves
// is a prefix of them over all column families: the state is never ahead of the
// log, nor a trimmed log ahead of its checkpoint. (When RocksDB writes a memtable
// to a file it syncs the write-ahead logs before it first, for the same reason.)
class RocksDbStorage final : public Storage {
 public:
  RocksDbStorage(const std::string& dir, std::unique_ptr<RocksDb> db)
      : dir_(dir), db_(std::move(db)), writer_(dir, *db_) {}

  // Reads where things stand and drops what an unfinished full sync left.
  absl::Status Init();

  // Says what the operator can do, if it is damage.
  absl::Status Explain(const absl::Status& s) const;

  absl::StatusOr<MetaMap> ReadMeta() override;
  absl::Status WriteMeta(std::string_view name,
                         std::string_view value) override;
  uint64_t hash_seed() const override { return hash_seed_; }
  StorageSize size() const override;
  absl::Status LoadState(
      int slice_begin, int slice_end,
      absl::FunctionRef<absl::Status(const RecordView&)> on_entry) override;
  absl::Status LoadLog(
      absl::FunctionRef<absl::Status(const LogSlice&)> on_log) override;
  uint64_t checkpoint() const override { return checkpoint_; }
  absl::Status AppendLog(uint64_t first, uint64_t last,
                         std::string_view records, bool sync) override;
  absl::Status SyncLog() override { return writer_.Sync(); }
  absl::StatusOr<LogSlice> ReadLog(uint64_t from, size_t bytes_max) override;
  absl::Status WriteState(const std::vector<StateChange>& changes) override;
  absl::Status FinishCheckpoint(uint64_t index,
                                uint64_t log_bytes_kept) override;
  absl::Status Backup(const std::string& dir, const MetaMap& labels,
                      const OnProgress& on_progress,
                      const Limit& limit) override;
  absl::Status ReplaceTail(uint64_t common, const std::vector<LogSlice>& log,
                           const std::vector<StateChange>& changes,
                           const MetaMap& meta) override;
  absl::Status BeginStaging(uint64_t begin_index) override;
  absl::Status StageState(const std::vector<StateChange>& changes) override;
  absl::Status StageLog(uint64_t first, uint64_t last,
                        std::string_view records) override;
  absl::Status CommitStaging(const MetaMap& meta) override;
  absl::Status DropStaging() override;

 private:
  using Iterator = std::unique_ptr<rocksdb::Iterator>;

  Iterator Iterate(rocksdb::ColumnFamilyHandle* family) const;
  absl::Status MeasureLog();
  absl::Status Write(WriteBatch& batch, bool sync) {
    return writer_.Write(batch, sync);
  }
  // Deletes the log above `common`, cutting the blob that reaches beyond it. Returns
  // the offset of the next blob.
  absl::StatusOr<uint64_t> CutLog(WriteBatch& batch, uint64_t common);
  void DropGeneration(WriteBatch& batch, uint64_t generation);
  // Frees the space of what a synced batch has deleted already, where whole files
  // are concerned. Compaction does the rest.
  void DeleteFiles(rocksdb::ColumnFamilyHandle* family,
                   const std::string& begin, const std::string& end);

  const std::string dir_;
  const std::unique_ptr<RocksDb> db_;
  uint64_t hash_seed_ = 0;
  std::atomic<uint64_t> generation_{0};
  std::atomic<uint64_t> checkpoint_{0};
  std::atomic<uint64_t> log_begin_{0};  // offset of the oldest blob
  std::atomic<uint64_t> log_bytes_{0};  // offset of the next blob

  // Being staged, if any; used by one caller.
  bool staged_ = false;
  uint64_t staged_checkpoint_ = 0;
  uint64_t staged_log_bytes_ = 0;

  RocksDbWriter writer_;
};

// --- Opening

absl::Status RocksDbStorage::Init() {
  const auto generation = ReadNumber(*db_, schema::kGeneration);
  if (!generation.ok()) return generation.status();
  const auto checkpoint = ReadNumber(*db_, schema::kCheckpoint);
  if (!checkpoint.ok()) return checkpoint.status();
  const auto hash_seed = ReadNumber(*db_, schema::kHashSeed);
  if (!hash_seed.ok()) return hash_seed.status();
  generation_ = *generation;
  checkpoint_ = *checkpoint;
  hash_seed_ = *hash_seed;

  WriteBatch batch;
  for (auto* family : {db_->log(), db_->state()}) {
    const Iterator it = Iterate(family);
    it->SeekToFirst();
    if (it->Valid() && it->key().compare(EncodeU64(*generation)) < 0) {
      batch.DeleteRange(family, Slice(), EncodeU64(*generation));
    }
    it->SeekToLast();
    if (it->Valid() && it->key().compare(EncodeU64(*generation + 1)) >= 0) {
      batch.DeleteRange(family, EncodeU64(*generation + 1),
                        EncodeU64(UINT64_MAX));
    }
    if (!it->status().ok()) return ToStatus(it->status());
  }
  if (batch.Count() > 0) {
    if (absl::Status s = Write(batch, /*sync=*/false); !s.ok()) return s;
  }

  return MeasureLog();
}

absl::Status RocksDbStorage::Explain(const absl::Status& s) const {
  if (s.ok()) return s;
  if (absl::IsDataLoss(s))
    return DirectoryDamaged(dir_, std::string(s.message()));
  return absl::Status(s.code(),
                      absl::StrCat("data_dir '", dir_, "': ", s.message()));
}

absl::Status RocksDbStorage::MeasureLog() {
  BlobCursor cursor(*db_, generation_);
  cursor.SeekToFirst();
  if (cursor.Valid()) {
    log_begin_ = cursor.blob().offset;
    cursor.SeekToLast();
  }
  if (cursor.Valid())
    log_bytes_ = cursor.blob().offset + cursor.blob().records.size();
  return cursor.status();
}

RocksDbStorage::Iterator RocksDbStorage::Iterate(
    rocksdb::ColumnFamilyHandle* family) const {
  rocksdb::ReadOptions options;
  options.fill_cache = false;  // everything is read once
  return Iterator((*db_)->NewIterator(options, family));
}

// --- Writing

absl::Status RocksDbStorage::AppendLog(uint64_t first, uint64_t last,
                                       std::string_view records, bool sync) {
  WriteBatch batch;
  PutBlob(*db_, {generation_, first, last, log_bytes_, records}, batch);
  absl::Status s = Write(batch, sync);
  if (s.ok()) log_bytes_ += records.size();
  return s;
}

absl::Status RocksDbStorage::WriteState(
    const std::vector<StateChange>& changes) {
  WriteBatch batch;
  PutState(*db_, generation_, changes, batch);
  return Write(batch, /*sync=*/false);
}

absl::Status RocksDbStorage::FinishCheckpoint(uint64_t index,
                                              uint64_t log_bytes_kept) {
  BlobCursor cursor(*db_, generation_);
  const auto keep_from =
      OldestToKeep(cursor, index, log_bytes_, log_bytes_kept);
  if (!keep_from.ok()) return keep_from.status();
  const std::string begin = LogKey(generation_, 0);
  const std::string end = LogKey(generation_, *keep_from);
  WriteBatch batch;
  batch.Put(db_->main(), schema::kCheckpoint, EncodeU64(index));
  const bool trim = *keep_from != 0;
  if (trim) batch.DeleteRange(db_->log(), begin, end);
  // Synced if files are deleted right after it: that cannot be undone by a power
  // cut, and an older checkpoint would miss them.
  if (absl::Status s = Write(batch, /*sync=*/trim); !s.ok()) return s;
  checkpoint_ = index;
  if (!trim) return absl::OkStatus();
  log_begin_ = cursor.blob().offset;  // where the search ended
  DeleteFiles(db_->log(), begin, end);
  return absl::OkStatus();
}

void RocksDbStorage::DeleteFiles(rocksdb::ColumnFamilyHandle* family,
                                 const std::string& begin,
                                 const std::string& end) {
  const Slice from(begin);
  const Slice to(end);
  // A failure costs space, not data; RocksDB refuses the next write if it must.
  rocksdb::DeleteFilesInRange(db_->get(), family, &from, &to,
                              /*include_end=*/false)
      .PermitUncheckedError();
}

// --- Reading

absl::StatusOr<LogSlice> RocksDbStorage::ReadLog(uint64_t from,
                                                 size_t bytes_max) {
  LogCollector collector(from, bytes_max);
  BlobCursor cursor(*db_, generation_);
  for (cursor.SeekToHolder(from); cursor.Valid() && !collector.full();
       cursor.Next()) {
    if (collector.empty() && cursor.blob().first > from) break;
    absl::Status s = collector.Add(cursor.blob().records);
    if (!s.ok()) return s;
  }
  if (!cursor.status().ok()) return Explain(cursor.status());
  return collector.Finish();
}

absl::StatusOr<MetaMap> RocksDbStorage::ReadMeta() {
  MetaMap values;
  const Iterator it = Iterate(db_->main());
  const Slice prefix(schema::kMetaPrefix);
  for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix);
       it->Next()) {
    Slice name = it->key();
    name.remove_prefix(prefix.size());
    values[name.ToString()] = it->value().ToString();
  }
  if (!it->status().ok()) return ToStatus(it->status());
  return values;
}

absl::Status RocksDbStorage::WriteMeta(std::string_view name,
                                       std::string_view value) {
  WriteBatch batch;
  batch.Put(db_->main(), std::string(schema::kMetaPrefix).append(name),
            Slice(value.data(), value.size()));
  return Write(batch, /*sync=*/true);
}

StorageSize RocksDbStorage::size() const {
  const auto property = [this](const std::string& name) {
    uint64_t value = 0;
    return (*db_)->GetIntProperty(db_->state(), name, &value) ? value : 0;
  };
  return {
      .state_keys = property(rocksdb::DB::Properties::kEstimateNumKeys),
      .state_bytes = property(rocksdb::DB::Properties::kEstimateLiveDataSize) +
                     property(rocksdb::DB::Properties::kCurSizeAllMemTables),
      .log_bytes = log_bytes_ - log_begin_};
}

absl::Status RocksDbStorage::LoadState(
    int slice_begin, int slice_end,
    absl::FunctionRef<absl::Status(const RecordView&)> on_entry) {
  const std::string begin = StatePrefix(generation_, slice_begin);
  const std::string end = StatePrefix(generation_, slice_end);
  const Slice end_slice(end);
  rocksdb::ReadOptions options;
  options.fill_cache = false;  // everything is read once
  options.readahead_size = kLoadReadahead;
  options.iterate_upper_bound = &end_slice;
  const Iterator it((*db_)->NewIterator(options, db_->state()));
  for (it->Seek(begin); it->Valid(); it->Next()) {
    const auto record = DecodeStateRow(it->key(), it->value());
    if (!record.ok()) return Explain(record.status());
    if (absl::Status s = on_entry(*record); !s.ok()) return s;
  }
  return Explain(ToStatus(it->status()));
}

absl::Status RocksDbStorage::LoadLog(
    absl::FunctionRef<absl::Status(const LogSlice&)> on_log) {
  BlobCursor cursor(*db_, generation_);
  for (cursor.SeekToHolder(checkpoint_ + 1); cursor.Valid(); cursor.Next()) {
    const Blob& blob = cursor.blob();
    absl::Status s = on_log({blob.first, blob.last, std::string(blob.records)});
    if (!s.ok()) return s;
  }
  return Explain(cursor.status());
}

absl::Status RocksDbStorage::Backup(const std::string& dir,
                                    const MetaMap& labels,
                                    const OnProgress& on_progress,
                                    const Limit& limit) {
  if (absl::Status failed = writer_.failure(); !failed.ok()) return failed;
  return CreateBackup(*db_, dir, labels, on_progress, limit).status();
}

// --- Another tail

absl::StatusOr<uint64_t> RocksDbStorage::CutLog(WriteBatch& batch,
                                                uint64_t common) {
  BlobCursor cursor(*db_, generation_);
  cursor.SeekToHolder(common);
  if (!cursor.Valid()) {
    if (!cursor.status().ok()) return Explain(cursor.status());
    return absl::InternalError(
        absl::StrCat("the log holds nothing from record ", common, " on"));
  }
  Blob blob = cursor.blob();
  batch.DeleteRange(db_->log(), LogKey(generation_, common + 1),
                    EncodeU64(generation_ + 1));
  if (blob.first > common) return blob.offset;
  const auto kept = PrefixUpTo(blob.records, common);
  if (!kept.ok()) return Explain(kept.status());
  blob.records = *kept;
  blob.last = common;
  PutBlob(*db_, blob, batch);
  return blob.offset + blob.records.size();
}

absl::Status RocksDbStorage::ReplaceTail(
    uint64_t common, const std::vector<LogSlice>& log,
    const std::vector<StateChange>& changes, const MetaMap& meta) {
  WriteBatch batch;
  absl::StatusOr<uint64_t> offset = CutLog(batch, common);
  if (!offset.ok()) return offset.status();
  for (const LogSlice& blob : log) {
    PutBlob(*db_, {generation_, blob.first, blob.last, *offset, blob.records},
            batch);
    *offset += blob.records.size();
  }
  PutState(*db_, generation_, changes, batch);
  const uint64_t checkpoint = std::min<uint64_t>(checkpoint_, common);
  batch.Put(db_->main(), schema::kCheckpoint, EncodeU64(checkpoint));
  for (const auto& [name, value] : meta) {
    batch.Put(db_->main(), schema::kMetaPrefix + name, value);
  }
  if (absl::Status s = Write(batch, /*sync=*/true); !s.ok()) return s;
  checkpoint_ = checkpoint;
  log_bytes_ = *offset;
  return absl::OkStatus();
}

// --- Staging

void RocksDbStorage::DropGeneration(WriteBatch& batch, uint64_t generation) {
  for (auto* family : {db_->log(), db_->state()}) {
    batch.DeleteRange(family, EncodeU64(generation), EncodeU64(generation + 1));
  }
}

absl::Status RocksDbStorage::BeginStaging(uint64_t begin_index) {
  if (absl::Status s = DropStaging(); !s.ok()) return s;
  staged_ = true;
  staged_checkpoint_ = begin_index;
  staged_log_bytes_ = 0;
  return absl::OkStatus();
}

absl::Status RocksDbStorage::StageState(
    const std::vector<StateChange>& changes) {
  WriteBatch batch;
  PutState(*db_, generation_ + 1, changes, batch);
  return Write(batch, /*sync=*/false);
}

absl::Status RocksDbStorage::StageLog(uint64_t first, uint64_t last,
                                      std::string_view records) {
  WriteBatch batch;
  PutBlob(*db_, {generation_ + 1, first, last, staged_log_bytes_, records},
          batch);
  staged_log_bytes_ += records.size();
  return Write(batch, /*sync=*/false);
}

absl::Status RocksDbStorage::CommitStaging(const MetaMap& meta) {
  const uint64_t old = generation_;
  WriteBatch batch;
  batch.Put(db_->main(), schema::kGeneration, EncodeU64(old + 1));
  batch.Put(db_->main(), schema::kCheckpoint, EncodeU64(staged_checkpoint_));
  for (const auto& [name, value] : meta) {
    batch.Put(db_->main(), schema::kMetaPrefix + name, value);
  }
  DropGeneration(batch, old);
  if (absl::Status s = Write(batch, /*sync=*/true); !s.ok()) return s;
  generation_ = old + 1;
  checkpoint_ = staged_checkpoint_;
  log_begin_ = 0;
  log_bytes_ = staged_log_bytes_;
  staged_ = false;
  for (auto* family : {db_->log(), db_->state()}) {
    DeleteFiles(family, EncodeU64(old), EncodeU64(old + 1));
  }
  return absl::OkStatus();
}

absl::Status RocksDbStorage::DropStaging() {
  if (!staged_) return absl::OkStatus();
  staged_ = false;
  WriteBatch batch;
  DropGeneration(batch, generation_ + 1);
  return Write(batch, /*sync=*/false);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Storage>> OpenRocksDbStorage(
    const std::string& dir) {
  return OpenRocksDbStorage(dir, RocksDbOptions());
}

absl::StatusOr<std::unique_ptr<Storage>> OpenRocksDbStorage(
    const std::string& dir, const RocksDbOptions& options) {
  absl::StatusOr<std::unique_ptr<RocksDb>> db = OpenRocksDb(dir, options);
  if (!db.ok()) return db.status();
  auto storage = std::make_unique<RocksDbStorage>(dir, *std::move(db));
  if (absl::Status s = storage->Init(); !s.ok()) return storage->Explain(s);
  return storage;
}

}  // namespace vigil::engine
