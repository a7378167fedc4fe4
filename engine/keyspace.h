// Keyspace: the entries of one shard, and which of them the disk does not have yet.
//
// Pure: its content is a function of the records applied. A record whose index is
// not above the version of its key's entry is skipped, so replaying a log over a
// state that already has some of it ends where the log ends.
//
// Time: an argument of reads; applying a record never looks at a clock.
// Thread-safety: thread-compatible.
// Invariants: every key that changed since the last TakeChanged() is marked, if
// changes are tracked; the expiry order holds exactly the entries that expire.
#ifndef VIGIL_ENGINE_KEYSPACE_H_
#define VIGIL_ENGINE_KEYSPACE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
#include "engine/entry.h"
#include "engine/expiry.h"
#include "engine/record.h"

namespace vigil::engine {

class Keyspace {
 public:
  // Changes are tracked for a checkpoint; without a storage there is none.
  explicit Keyspace(bool track_changes = false)
      : track_changes_(track_changes) {}

  // nullptr when there is no such key or its time is over. Valid until the next
  // change.
  const Entry* Find(std::string_view key, WallTime now) const;
  // Likewise, expired or not: what the state on disk and a replica must have.
  const Entry* FindStored(std::string_view key) const;

  // Applies a change. Markers and stale records change nothing. Returns whether
  // anything changed.
  bool Apply(const RecordView& record);
  // Puts an entry of a stored state in place: no change of the data set.
  void Load(const RecordView& record);

  // Up to `max` keys whose time is over, soonest first.
  std::vector<std::string> CollectExpired(WallTime now, size_t max) const {
    return expiry_.Due(now, max);
  }

  // The marked keys, deleted ones included; none is marked afterwards. Takes no
  // longer for many: it runs under the shard's lock.
  absl::flat_hash_set<std::string> TakeChanged();
  // Marks a key again whose state could not be written.
  void MarkChanged(std::string_view key);

  std::vector<std::string> Keys() const;
  void ForEach(
      absl::FunctionRef<void(std::string_view, const Entry&)> visit) const;
  size_t size() const { return slots_.size(); }

 private:
  struct Slot {
    Entry entry;
    // Equal to round_: the key is in changed_. Spares the hot path a look there.
    uint64_t marked_in = 0;
  };
  using Slots = absl::flat_hash_map<std::string, Slot>;

  // Returns the slot, or nullptr for a stale record.
  Slot* Store(const RecordView& record);
  bool Erase(const RecordView& record);

  bool track_changes_;
  Slots slots_;
  ExpiryOrder expiry_;
  absl::flat_hash_set<std::string> changed_;
  uint64_t round_ = 1;  // one more with each TakeChanged(): unmarks every slot
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_KEYSPACE_H_
