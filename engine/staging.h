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
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/keyspaces.h"
#include "engine/log_ring.h"
#include "engine/record.h"
#include "engine/storage.h"

namespace vigil::engine {

class Staging {
 public:
  // `storage` may be null. REQUIRES: its BeginStaging(begin_index) was called.
  Staging(Storage* storage, Keyspaces keyspaces, uint64_t begin_index,
          size_t log_memory_bytes);

  // kDataLoss: not records, or not entries. Nothing was added then.
  // Returns how many there were.
  absl::StatusOr<size_t> AddEntries(std::string_view records);
  // kDataLoss: not records. kOutOfRange: a gap. Nothing was added then.
  absl::Status AddLog(std::string_view records);

  uint64_t last_index() const { return ring_.last_index(); }

  // What was built. Leaves nothing behind.
  Keyspaces TakeKeyspaces() { return std::move(keyspaces_); }
  LogRing TakeRing() { return std::move(ring_); }

 private:
  using Key = std::pair<uint8_t, std::string>;

  void AddEntry(const RecordView& entry);

  Storage* const storage_;
  const size_t log_memory_bytes_;
  Keyspaces keyspaces_;
  LogRing ring_;
  // Index of the record that deleted a key which the walk may still bring.
  absl::flat_hash_map<Key, uint64_t> deleted_;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_STAGING_H_
