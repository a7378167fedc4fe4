// The files of a backup: read with a checksum, copied, synced.
//
// Errors: kInternal names the file and what the system said, unless said otherwise; what
// `limit` says, looked at after each MiB.
#ifndef VIGIL_ENGINE_ROCKSDB_BACKUP_FILES_H_
#define VIGIL_ENGINE_ROCKSDB_BACKUP_FILES_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/backup_manifest.h"
#include "engine/base/limit.h"
#include "engine/progress.h"

namespace vigil::engine {

// Reads dir/name, and makes it durable if `sync`. kNotFound: it is not there.
absl::StatusOr<BackupFile> MeasureFile(const std::string& dir,
                                       const std::string& name, bool sync,
                                       const Limit& limit,
                                       ProgressMeter& meter);

// Copies from_dir/name to a new file in to_dir, durably but for its name.
absl::StatusOr<BackupFile> CopyFile(const std::string& from_dir,
                                    const std::string& to_dir,
                                    const std::string& name, const Limit& limit,
                                    ProgressMeter& meter);

// All of dir/name. kNotFound: it is not there.
absl::StatusOr<std::string> ReadWholeFile(const std::string& dir,
                                          const std::string& name);

// Makes a file with these bytes, durably, or none.
absl::Status WriteWholeFile(const std::string& dir, const std::string& name,
                            std::string_view bytes);

// Renames a directory onto one that is absent or empty, durably.
absl::Status RenameDirectory(const std::string& from, const std::string& to);

absl::Status SyncDirectory(const std::string& dir);
absl::Status RemoveTree(const std::string& dir);

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_ROCKSDB_BACKUP_FILES_H_
