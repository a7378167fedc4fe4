// The directory that a storage is to use, before the storage touches it.
#ifndef VIGIL_ENGINE_ROCKSDB_DIRECTORY_H_
#define VIGIL_ENGINE_ROCKSDB_DIRECTORY_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace vigil::engine {

// Creates `dir` if its parent exists, durably, and tries whether files can be made
// in it. kPermissionDenied names the directory and what the system said.
absl::Status PrepareDirectory(const std::string& dir);

// kDataLoss: what is damaged in `dir`, and what the operator can do.
absl::Status DirectoryDamaged(const std::string& dir, std::string_view what);

// The names in `dir`, without "." and "..", sorted.
absl::StatusOr<std::vector<std::string>> ListDirectory(const std::string& dir);

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_ROCKSDB_DIRECTORY_H_
