// Keyspace: the keys of one shard, and which of them the disk does not have yet.
//
// Pure: its content is a function of the effects applied. An effect whose index is
// not above the version of its key's cell, or is below its database's floor, is
// skipped, so replaying a log over a state that already has some of it ends where
// the log ends.
//
// Work on many keys (expiry, checkpoint, walk, scan) goes segment by segment, a few
// hundred keys at a time, along positions of the Table.
//
// Time: an argument of reads; applying an effect never looks at a clock.
// Thread-safety: thread-compatible.
// Invariants: a cell that the state on disk does not reflect is dirty, and its
// segment says so; a row on disk whose key has gone is in gone().
#ifndef VIGIL_ENGINE_KEYSPACE_H_
#define VIGIL_ENGINE_KEYSPACE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "engine/cell.h"
#include "engine/cell_heap.h"
#include "engine/databases.h"
#include "engine/eviction.h"
#include "engine/page_source.h"
#include "engine/record.h"
#include "engine/table.h"

namespace vigil::engine {

struct KeyspaceOptions {
  uint64_t hash_seed = 0;
  // Changes are tracked for a checkpoint; without a storage there is none.
  bool track_changes = false;
  EvictionPolicy eviction = EvictionPolicy::kNoEviction;
  // Of very large values (cell_heap.h); may be null.
  std::shared_ptr<LargeMemory> large_memory = nullptr;
};

// Bytes by what they are for.
struct KeyspaceBytes {
  size_t cells = 0;
  size_t table = 0;      // slots
  size_t directory = 0;  // and what finds them
  size_t policy = 0;     // what the eviction policy remembers
  size_t gone = 0;       // keys whose rows on disk are to be deleted
  size_t pages = 0;      // taken from the system, for small cells and the table
  size_t small_cells = 0;  // in those pages

  size_t empty_pages() const { return pages - small_cells - table; }
  size_t used() const { return cells + table + directory + policy + gone; }
};

class Keyspace {
 public:
  struct Database {
    uint64_t floor = 0;  // cells with a version below it have been flushed
    size_t keys = 0;     // expired ones count until they are deleted
    size_t expiring = 0;
  };
  struct GoneKey {
    uint8_t database;
    std::string key;
  };

  // `pool` outlives it.
  Keyspace(const KeyspaceOptions& options, PageSource& pool);
  ~Keyspace();
  Keyspace(Keyspace&&) noexcept;
  Keyspace& operator=(Keyspace&&) = delete;

  // --- Reading. `hash` is HashKey of the key. nullptr when there is no such key;
  // what is returned is valid until the next change.
  // FindStored also finds what has expired: what the disk and a replica must have.
  Cell* Find(uint64_t hash, uint8_t database, std::string_view key,
             WallTime now) const;
  Cell* FindStored(uint64_t hash, uint8_t database, std::string_view key) const;
  // Likewise in three steps, which may overlap with those of other keys: PrefetchBucket,
  // PrefetchCell, and the rest with what that has returned.
  void PrefetchBucket(uint64_t hash) const { table_.PrefetchBucket(hash); }
  Cell* PrefetchCell(uint64_t hash) const { return table_.PrefetchCell(hash); }
  Cell* FindStored(uint64_t hash, uint8_t database, std::string_view key,
                   Cell* likely) const {
    if (!Table::IsThere(likely, database, key))
      return FindStored(hash, database, key);
    return IsFlushed(*likely) ? nullptr : likely;
  }
  // For the eviction policy: `cell` was read.
  void Touch(Cell& cell) {
    if (evictor_ != nullptr) evictor_->Accessed(cell);
  }

  // --- Changing.
  // Applies a kSet or kDelete effect; whatever else is passed over. Returns whether
  // anything changed. `found`: what FindStored() has just found for its key, or
  // nullptr.
  bool Apply(uint64_t hash, const RecordView& effect, Cell* found = nullptr);
  // Puts an entry of a stored state in place: no change of the data set.
  void Load(uint64_t hash, const RecordView& entry);
  // Puts a stored entry (nullptr: none) in the place of whatever there is, newer or
  // not: the state on disk is the same already.
  void Restore(uint64_t hash, uint8_t database, std::string_view key,
               const RecordView* entry);
  // What is in `database` with a version below `floor` has gone.
  void Flush(uint8_t database, uint64_t floor);
  // The state on disk has a row of this key that must go.
  void AddGone(uint8_t database, std::string_view key);

  // --- Segment by segment. Each moves `position` on; begin at 0, end at
  // Table::kPositionEnd.
  // Calls visit(cell) for each, expired ones included.
  void VisitSome(uint64_t& position,
                 absl::FunctionRef<void(const Cell&)> visit) const;
  // Likewise for those that are dirty; they are clean afterwards.
  void VisitDirty(uint64_t& position,
                  absl::FunctionRef<void(const Cell&)> visit);
  // Calls expire(cell) for up to `max` keys whose time is over. It is to apply a
  // delete, or to return false, which ends the visit. Stays at `position` if there
  // may be more.
  void VisitExpired(uint64_t& position, WallTime now, size_t max,
                    absl::FunctionRef<bool(const Cell&)> expire);
  // Moves cells off sparse pages and shrinks sparse segments.
  void Compact(uint64_t& position);
  void BeginCompaction() {
    heap_.OrderPages();
    table_.BeginCompaction();
  }

  // Erases what was flushed in one segment more: called again, it gets to all of them.
  void EraseSomeFlushed();

  std::deque<GoneKey> TakeGone();

  // --- Eviction. nullptr: nothing can be evicted.
  const Cell* Victim() const {
    return evictor_ == nullptr ? nullptr : evictor_->Victim(table_);
  }
  // Now and then: the eviction policy's time.
  void SetTick(uint32_t tick) {
    if (evictor_ != nullptr) evictor_->SetTick(tick);
  }
  // Whether the policy still knows much of keys that have gone; forgets some of them.
  bool untidy() const { return evictor_ != nullptr && evictor_->untidy(); }
  void Tidy() { evictor_->Tidy(table_); }

  // Numbered from 0; those not listed are empty.
  const std::vector<Database>& databases() const { return databases_; }
  // Of all databases, flushed keys included.
  size_t cells() const { return table_.size(); }
  size_t flushed_cells() const { return flushed_; }
  KeyspaceBytes bytes() const;
  uint64_t HashOf(const Cell& cell) const;

 private:
  Database& Of(uint8_t database);
  bool IsFlushed(const Cell& cell) const {
    return cell.database() < databases_.size() &&
           cell.version() < databases_[cell.database()].floor;
  }
  // Returns the cell, or nullptr for a stale effect.
  Cell* Store(uint64_t hash, const RecordView& effect, Cell* found,
              bool loaded);
  Cell* Insert(uint64_t hash, const Cell::Content& content, bool loaded);
  Cell* Overwrite(uint64_t hash, Cell& cell, const Cell::Content& content);
  bool Erase(uint64_t hash, const RecordView& effect, Cell* found);
  // `found`, or else the cell of the effect's key, even if it was flushed.
  Cell* CellOf(uint64_t hash, const RecordView& effect, Cell* found) const;
  void Remove(uint64_t hash, Cell& cell, bool evicted);
  void Count(const Cell& cell, bool comes);
  // Whether the eviction policy knows the cell.
  bool Evictable(const Cell& cell) const {
    return evictor_ != nullptr && cell.database() != kOwnDatabase;
  }

  KeyspaceOptions options_;
  CellHeap heap_;
  Table table_;
  std::unique_ptr<Evictor> evictor_;
  std::vector<Database> databases_;
  uint64_t newest_ = 0;       // version of any cell so far
  size_t flushed_ = 0;        // cells that are flushed and not erased yet
  uint64_t flushed_at_ = 0;   // the next segment to look for them
  std::deque<GoneKey> gone_;  // and no vector: that moves all when it grows
  size_t gone_bytes_ = 0;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_KEYSPACE_H_
