#include "engine/rocksdb_backup.h"

#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "engine/rocksdb_backup_files.h"
#include "engine/rocksdb_blobs.h"
#include "engine/rocksdb_directory.h"
#include "engine/rocksdb_open.h"
#include "engine/rocksdb_schema.h"
#include "rocksdb/utilities/checkpoint.h"
#include "rocksdb/write_batch.h"

namespace vigil::engine {
namespace {

using schema::kBackupFile;

absl::Status Refused(const std::string& dir, std::string_view why) {
  return absl::FailedPreconditionError(
      absl::StrCat("'", dir, "' ", absl::string_view(why.data(), why.size())));
}

absl::Status DamagedBackup(const std::string& dir, std::string_view why) {
  return absl::DataLossError(absl::StrCat(
      "the backup in '", dir, "' is damaged: ",
      absl::string_view(why.data(), why.size()), "; restore another backup"));
}

// "a/b/" names the same as "a/b", but has no name of its own to add to.
std::string WithoutSlash(std::string dir) {
  while (dir.size() > 1 && dir.back() == '/') dir.pop_back();
  return dir;
}

// Makes room for a directory that is to be made by others.
absl::Status RequireAbsent(const std::string& dir) {
  std::error_code error;
  const std::filesystem::path parent = std::filesystem::path(dir).parent_path();
  if (!parent.empty() && !std::filesystem::is_directory(parent, error))
    return Refused(dir, "cannot be made: its parent is not there");
  if (!std::filesystem::exists(dir, error) && !error) return absl::OkStatus();
  if (!std::filesystem::is_directory(dir, error))
    return Refused(dir, "is not a directory");
  if (!std::filesystem::is_empty(dir, error) || error)
    return Refused(dir, "holds something: choose a new or an empty directory");
  std::filesystem::remove(dir, error);
  return error ? Refused(dir, error.message()) : absl::OkStatus();
}

// How far the data in `dir` go.
absl::Status ReadPosition(const std::string& dir, BackupManifest& manifest) {
  const auto db = OpenRocksDbReadOnly(dir, RocksDbOptions());
  if (!db.ok()) return db.status();
  const auto generation = ReadNumber(**db, schema::kGeneration);
  if (!generation.ok()) return generation.status();
  const auto checkpoint = ReadNumber(**db, schema::kCheckpoint);
  if (!checkpoint.ok()) return checkpoint.status();
  BlobCursor newest(**db, *generation);
  newest.SeekToLast();
  if (!newest.status().ok()) return newest.status();
  manifest.checkpoint = *checkpoint;
  manifest.last_index = newest.Valid() ? newest.blob().last : *checkpoint;
  return absl::OkStatus();
}

// Fills in the files of `dir`, which become durable.
absl::Status MeasureFiles(const std::string& dir, const OnProgress& on_progress,
                          const Limit& limit, BackupManifest& manifest) {
  const auto names = ListDirectory(dir);
  if (!names.ok()) return names.status();
  uint64_t total = 0;
  std::error_code ignored;
  for (const std::string& name : *names)
    total += std::filesystem::file_size(dir + "/" + name, ignored);
  ProgressMeter meter("backup", total, on_progress, KeysIn(manifest.labels));
  for (const std::string& name : *names) {
    auto file = MeasureFile(dir, name, /*sync=*/true, limit, meter);
    if (!file.ok()) return file.status();
    manifest.files.push_back(*std::move(file));
  }
  meter.Tell();
  return SyncDirectory(dir);
}

absl::StatusOr<BackupManifest> ReadManifest(const std::string& dir) {
  const auto text = ReadWholeFile(dir, kBackupFile);
  if (absl::IsNotFound(text.status()))
    return Refused(dir, "holds no backup, or one that was not finished");
  if (!text.ok()) return text.status();
  auto manifest = DecodeBackupManifest(*text);
  if (absl::IsDataLoss(manifest.status()))
    return DamagedBackup(dir, std::string(manifest.status().message()));
  if (!manifest.ok())
    return Refused(
        dir, absl::StrCat("is not usable: ", manifest.status().message()));
  return manifest;
}

// Whether a file, as it was read, is as it was written.
absl::Status CheckFile(const std::string& dir, const BackupFile& written,
                       const absl::StatusOr<BackupFile>& read) {
  if (absl::IsNotFound(read.status()))
    return DamagedBackup(dir, absl::StrCat("'", written.name, "' is missing"));
  if (!read.ok()) return read.status();
  if (*read == written) return absl::OkStatus();
  return DamagedBackup(
      dir, absl::StrCat("'", written.name, "' is not as it was written"));
}

absl::Status CheckLabels(const std::string& dir, const MetaMap& labels,
                         const MetaMap& expected) {
  for (const auto& [name, value] : expected) {
    const auto label = labels.find(name);
    if (label == labels.end())
      return Refused(dir, absl::StrCat("is a backup without a ", name));
    if (label->second != value) {
      return Refused(dir, absl::StrCat("is a backup of ", name, " '",
                                       label->second, "', not '", value, "'"));
    }
  }
  return absl::OkStatus();
}

// Opens the copy, which shows that it can be opened, and takes out what identifies
// the old node.
absl::Status DropMeta(const std::string& dir,
                      const std::vector<std::string>& names) {
  const auto db = OpenRocksDb(dir, RocksDbOptions());
  if (!db.ok()) return db.status();
  rocksdb::WriteBatch batch;
  for (const std::string& name : names)
    batch.Delete((*db)->main(), schema::kMetaPrefix + name);
  rocksdb::WriteOptions durable;
  durable.sync = true;
  if (absl::Status s = schema::ToStatus((**db)->Write(durable, &batch));
      !s.ok()) {
    return s;
  }
  return (*db)->wal_files().failure();
}

absl::Status CopyAll(const BackupManifest& manifest,
                     const RestoreRequest& request, const std::string& to,
                     const OnProgress& on_progress, const Limit& limit) {
  ProgressMeter meter("restore", manifest.bytes(), on_progress,
                      KeysIn(manifest.labels));
  for (const BackupFile& file : manifest.files) {
    const auto copied =
        CopyFile(request.backup_dir, to, file.name, limit, meter);
    if (absl::Status s = CheckFile(request.backup_dir, file, copied); !s.ok())
      return s;
  }
  meter.Tell();
  if (absl::Status s = DropMeta(to, request.dropped_meta); !s.ok()) return s;
  return SyncDirectory(to);
}

}  // namespace

absl::StatusOr<BackupManifest> CreateBackup(const RocksDb& db,
                                            const std::string& backup_dir,
                                            const MetaMap& labels,
                                            const OnProgress& on_progress,
                                            const Limit& limit) {
  const std::string dir = WithoutSlash(backup_dir);
  if (absl::Status s = limit.Check(); !s.ok()) return s;
  if (absl::Status s = RequireAbsent(dir); !s.ok()) return s;
  rocksdb::Checkpoint* made = nullptr;
  const rocksdb::Status can = rocksdb::Checkpoint::Create(db.get(), &made);
  if (!can.ok()) return schema::ToStatus(can);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  const rocksdb::Status copied = checkpoint->CreateCheckpoint(dir);
  if (copied.IsInvalidArgument() || copied.IsNotFound())
    return Refused(dir, copied.ToString());
  if (!copied.ok()) return schema::ToStatus(copied);

  auto remove = absl::MakeCleanup([&] { RemoveTree(dir).IgnoreError(); });
  BackupManifest manifest;
  manifest.labels = labels;
  if (absl::Status s = ReadPosition(dir, manifest); !s.ok()) return s;
  if (absl::Status s = MeasureFiles(dir, on_progress, limit, manifest); !s.ok())
    return s;
  absl::Status s = limit.Check();
  if (!s.ok()) return s;
  s = WriteWholeFile(dir, kBackupFile, EncodeBackupManifest(manifest));
  if (!s.ok()) return s;
  std::move(remove).Cancel();
  return manifest;
}

absl::StatusOr<BackupManifest> VerifyBackup(const std::string& dir,
                                            const OnProgress& on_progress,
                                            const Limit& limit) {
  if (absl::Status s = limit.Check(); !s.ok()) return s;
  auto manifest = ReadManifest(dir);
  if (!manifest.ok()) return manifest;
  ProgressMeter meter("verify", manifest->bytes(), on_progress,
                      KeysIn(manifest->labels));
  for (const BackupFile& file : manifest->files) {
    const auto read = MeasureFile(dir, file.name, /*sync=*/false, limit, meter);
    if (absl::Status s = CheckFile(dir, file, read); !s.ok()) return s;
  }
  meter.Tell();
  return manifest;
}

absl::StatusOr<BackupManifest> RestoreBackup(const RestoreRequest& request,
                                             const OnProgress& on_progress,
                                             const Limit& limit) {
  if (absl::Status s = limit.Check(); !s.ok()) return s;
  auto manifest = ReadManifest(request.backup_dir);
  if (!manifest.ok()) return manifest;
  absl::Status s = CheckLabels(request.backup_dir, manifest->labels,
                               request.expected_labels);
  if (!s.ok()) return s;
  const std::string dir = WithoutSlash(request.data_dir);
  if (s = RequireAbsent(dir); !s.ok()) return s;

  const std::string copy = dir + ".restoring";
  if (s = RemoveTree(copy); !s.ok()) return s;
  if (s = PrepareDirectory(copy); !s.ok()) return s;
  auto remove = absl::MakeCleanup([&] { RemoveTree(copy).IgnoreError(); });
  if (s = CopyAll(*manifest, request, copy, on_progress, limit); !s.ok())
    return s;
  if (s = limit.Check(); !s.ok()) return s;
  if (s = RenameDirectory(copy, dir); !s.ok()) return s;
  std::move(remove).Cancel();
  return manifest;
}

}  // namespace vigil::engine
