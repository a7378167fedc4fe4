// Staging: the second data set that a full sync builds beside the present one.
//
// Entries of a walk and records of the log may come in any mixture, as long as the
// log itself is in order: an entry that a later record has already deleted is
// recognised by its version and does not come back.
//
// Thread-safety: one caller. Lifetime: `storage` outlives it.
// Invariants: what is in memory here is in the storage's second generation, too.
#ifndef VIGIL_ENGINE_STAGING_H_
#define VIGIL_ENGINE_STAGING_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "engine/keyspace.h"
#include "engine/log_ring.h"
#include "engine/storage.h"

namespace vigil::engine {

class Staging {
 public:
  // `storage` may be null. REQUIRES: its BeginStaging(begin_index) was called.
  Staging(Storage* storage, size_t shards, uint64_t begin_index,
          size_t log_memory_bytes);

  // kDataLoss: not records, or not entries. Nothing was added then.
  absl::Status AddEntries(std::string_view records);
  // kDataLoss: not records. kOutOfRange: a gap. Nothing was added then.
  absl::Status AddLog(std::string_view records);

  uint64_t last_index() const { return ring_.last_index(); }

  // What was built. Leaves nothing behind.
  std::vector<Keyspace> TakeKeyspaces() { return std::move(keyspaces_); }
  LogRing TakeRing() { return std::move(ring_); }

 private:
  Keyspace& KeyspaceOf(std::string_view key);

  Storage* const storage_;
  const size_t log_memory_bytes_;
  std::vector<Keyspace> keyspaces_;
  LogRing ring_;
  // Index of the record that deleted a key which the walk may still bring.
  absl::flat_hash_map<std::string, uint64_t> deleted_;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_STAGING_H_
