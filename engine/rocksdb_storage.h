// The Storage that a node has: one RocksDB database in its data_dir.
#ifndef VIGIL_ENGINE_ROCKSDB_STORAGE_H_
#define VIGIL_ENGINE_ROCKSDB_STORAGE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "engine/storage.h"

namespace vigil::engine {

// Opens the data in `dir`, which is created if its parent exists. An end of the
// log that a crash tore off is cut off; nothing else is ever given up silently.
//   kFailedPrecondition  another node has it open, in this process or another; or
//                        it holds something else than the data of a node
//   kPermissionDenied    it cannot be created or written
//   kDataLoss            it is damaged: what was durable is not readable any more
absl::StatusOr<std::unique_ptr<Storage>> OpenRocksDbStorage(
    const std::string& dir);

// For tests, which choose more (rocksdb_open.h).
struct RocksDbOptions;
absl::StatusOr<std::unique_ptr<Storage>> OpenRocksDbStorage(
    const std::string& dir, const RocksDbOptions& options);

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_ROCKSDB_STORAGE_H_
