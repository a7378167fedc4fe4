// A backup: a directory with the files of a database as of one moment, and the file
// BACKUP (backup_manifest.h), which is written last. Without that it is none.
//
// Tables are hard links where the file system can, so a backup on the same one costs
// little time and no space, until the database has rewritten what it shares.
//
// A restored node has the data of the old one. It must not pose as the old one: what
// that had promised or voted stays with it, so those named values are dropped.
//
// All of them look at `limit` after each block of a file, and between their steps: then
// they end with kDeadlineExceeded or kCancelled, as after any error. What RocksDB does at a
// stretch (a checkpoint, which copies the tables to another file system; opening) is not
// interrupted.
#ifndef VIGIL_ENGINE_ROCKSDB_BACKUP_H_
#define VIGIL_ENGINE_ROCKSDB_BACKUP_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/backup_manifest.h"
#include "engine/base/limit.h"
#include "engine/progress.h"
#include "engine/storage.h"

namespace vigil::engine {

class RocksDb;

// Makes a backup of `db` in `dir`, which must not be there, or be empty, while others
// read and write. It holds everything that was written when this was called. After
// an error nothing is left in `dir`.
//   kFailedPrecondition  `dir` holds something, or its parent is not there
absl::StatusOr<BackupManifest> CreateBackup(const RocksDb& db,
                                            const std::string& dir,
                                            const MetaMap& labels,
                                            const OnProgress& on_progress,
                                            const Limit& limit);

// Reads every byte of the backup in `dir`.
//   kFailedPrecondition  it is no backup, an unfinished one, or of another format
//   kDataLoss            it is damaged; the message names the file
absl::StatusOr<BackupManifest> VerifyBackup(const std::string& dir,
                                            const OnProgress& on_progress,
                                            const Limit& limit);

struct RestoreRequest {
  std::string backup_dir;
  // Must not be there, or be empty. Beside it "<data_dir>.restoring" is used, and
  // removed first if an earlier attempt left it.
  std::string data_dir;
  // The backup must have these labels with these values; it may have more.
  MetaMap expected_labels;
  // Named values that the restored node does not keep.
  std::vector<std::string> dropped_meta;
};

// Copies a backup to where a node can open it: all of it, durably, or nothing.
// Errors as VerifyBackup's, and
//   kFailedPrecondition  the data_dir holds something; a label differs
//   kPermissionDenied    the data_dir cannot be written
absl::StatusOr<BackupManifest> RestoreBackup(const RestoreRequest& request,
                                             const OnProgress& on_progress,
                                             const Limit& limit);

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_ROCKSDB_BACKUP_H_
