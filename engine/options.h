// EngineOptions: what the store of one node may use. Each option is explained,
// with its range, in vigil/options.h; the front door has validated them.
#ifndef VIGIL_ENGINE_OPTIONS_H_
#define VIGIL_ENGINE_OPTIONS_H_

#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"
#include "engine/eviction.h"

namespace vigil::engine {

// When the log is made durable without a write asking for it.
enum class FsyncPolicy { kNever, kEverySecond, kAlways };

// What a writer meets when the storage has failed.
enum class OnStorageFailure { kRefuseWrites, kGoOnInMemory };

struct SlowLogOptions {
  // Redis' slowlog-log-slower-than and its default. Zero notes everything, infinity
  // nothing.
  absl::Duration threshold = absl::Milliseconds(10);
  size_t max_length = 128;  // the oldest entry goes first
};

struct EngineOptions {
  FsyncPolicy fsync = FsyncPolicy::kEverySecond;
  // A power of two: 64 keeps two writers from meeting in 98 of 100 cases.
  int shards = 64;
  int databases = 16;
  size_t key_bytes_max = 64 << 10;
  size_t value_bytes_max = 16 << 20;
  // Of the keys with all that belongs to them; 0: no limit.
  size_t max_memory = 0;
  EvictionPolicy eviction = EvictionPolicy::kNoEviction;
  OnStorageFailure on_storage_failure = OnStorageFailure::kRefuseWrites;
  // False: the engine has no threads, and what they do happens only when the caller asks
  // for it: Persist(), Sync(), Checkpoint(), DeleteExpired(). For simulations.
  bool background = true;
  SlowLogOptions slow_log;
  // The log in memory. Writers wait when this much is not yet on disk.
  size_t log_memory_bytes = 64 << 20;
  // The log on disk, kept for replicas that were away.
  uint64_t log_disk_bytes = uint64_t{1} << 30;
  absl::Duration checkpoint_period = absl::Seconds(30);
  // How often the housekeeper looks for expired keys and unused memory.
  absl::Duration housekeeping_period = absl::Milliseconds(100);
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_OPTIONS_H_
