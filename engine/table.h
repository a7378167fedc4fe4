// Table: finds the cells of one shard by their key; grows without a pause.
//
//   directory (top bits of the position)     segment: 2 to 62 buckets of 8 slots
//   | 00 | 01 | 10 | 11 |
//     |    |    +----+------------▶  | count, depth, ... | bucket | bucket | ...
//     |    +-----------▶ ...
//     +-----------▶ ...              slot: | tag 15 | expires | address 48 |
//
// The directory also knows how many buckets each segment has, so that a lookup waits for
// memory twice and no more: for the bucket, and for the cell.
//
// Extendible hashing (Fagin et al., TODS 1979), with segments as in Dash (Lu et al.,
// VLDB 2020). A segment that is full grows by a few buckets, and splits into two when
// it has the most; both touch a few hundred slots, whatever the size of the table. A
// slot is in its home bucket or in one of the next seven. The tag is a part of the
// hash: it tells most other keys apart without a look at the cell, and it says where
// home is in a segment of any size, so that growing reads no cell.
//
// A *position* is the lower 48 bits of a hash. A segment holds a range of positions,
// and ranges are only ever cut in two: a walk that visits segment after segment sees
// every key that is there the whole time, whatever happens meanwhile.
//
// Thread-safety: thread-compatible. Lifetime: the cells are the caller's.
#ifndef VIGIL_ENGINE_TABLE_H_
#define VIGIL_ENGINE_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"
#include "engine/cell.h"
#include "engine/slab.h"

namespace vigil::engine {

class Table {
 public:
  static constexpr uint64_t kPositionEnd = uint64_t{1} << 48;

  // `seed`: of HashKey, for when a split has to hash keys again. `pool` outlives it.
  Table(uint64_t seed, PageSource& pool);
  ~Table();
  Table(Table&& other) noexcept;
  Table& operator=(Table&&) = delete;

  Cell* Find(uint64_t hash, uint8_t database, std::string_view key) const;
  // Likewise, by the hash alone, if is_it(cell) says so.
  template <typename IsIt>
  Cell* FindByHash(uint64_t hash, IsIt is_it) const;
  // For a lookup that follows: asks for the bucket, and then, when that has had the time to
  // arrive, for the first cell in it that may be meant, which is returned; nullptr: there
  // is none. Most often it is the one: IsThere(cell, ...) then saves the Find.
  void PrefetchBucket(uint64_t hash) const;
  Cell* PrefetchCell(uint64_t hash) const;
  static bool IsThere(const Cell* cell, uint8_t database,
                      std::string_view key) {
    return cell != nullptr && cell->database() == database &&
           cell->key() == key;
  }

  // REQUIRES: Find() finds no such key.
  void Insert(uint64_t hash, Cell* cell);
  // The slot of `old` now holds `cell`, which has the same key. REQUIRES: it is there.
  void Replace(uint64_t hash, const Cell* old, Cell* cell);
  void Erase(uint64_t hash, const Cell* cell);

  size_t size() const { return size_; }
  size_t bytes() const { return heap_.used_bytes(); }  // of the segments
  size_t directory_bytes() const {
    return directory_.capacity() * sizeof(Link);
  }
  size_t page_bytes() const { return heap_.page_bytes(); }

  // What a segment is told, and can be asked, about all its cells at once.
  struct Notes {
    // None of them expires earlier. Perhaps none that early either.
    int64_t earliest_expiry_ms = INT64_MAX;
    bool dirty = false;  // some cells may be
  };
  Notes& NotesAt(uint64_t hash);

  // One step of a walk: the cells of the segment that `position` lies in. Neither
  // insert nor erase while a Group is used, but through it.
  class Group {
   public:
    // Calls visit(cell) for each.
    template <typename Visit>
    void ForEach(Visit visit) const;
    // Likewise for those that expire at some time, until one returns false.
    template <typename Visit>
    void ForEachExpiring(Visit visit) const;
    // Calls move(cell); the slot holds what it returns.
    template <typename Move>
    void Update(Move move);
    size_t size() const;
    Notes& notes() { return *notes_; }

   private:
    friend class Table;
    Group(uint64_t* slots, size_t count, Notes* notes)
        : slots_(slots), slot_count_(count), notes_(notes) {}
    uint64_t* slots_;
    size_t slot_count_;
    Notes* notes_;
  };
  // Moves `position` behind the segment. REQUIRES: position < kPositionEnd.
  Group Step(uint64_t& position);
  // Calls visit(cell) for up to `count` cells that lie beside each other in the
  // segment at `position`, from a slot chosen by `random` on.
  template <typename Visit>
  void Sample(uint64_t position, uint64_t random, size_t count,
              bool expiring_only, Visit visit) const;
  // Gives memory back where most slots of the segment at `position` are empty, or most
  // of the page that it is on, if BeginCompaction() was called before.
  void Compact(uint64_t position);
  void BeginCompaction() { heap_.OrderPages(); }

 private:
  struct Segment;
  static constexpr uint64_t kAddressMask = (uint64_t{1} << 48) - 1;
  static constexpr uint64_t kExpiresBit = uint64_t{1} << 48;
  static constexpr int kTagShift = 49;
  static constexpr uint64_t kTagMask = 0x7fff;
  static constexpr size_t kBucketSlots = 8;

  static Cell* CellIn(uint64_t slot) {
    return reinterpret_cast<Cell*>(slot & kAddressMask);
  }
  // An entry of the directory. Segments lie on cache lines, so there is room for the
  // number of buckets.
  class Link {
   public:
    Link() = default;
    Link(Segment* segment, size_t buckets)
        : bits_(reinterpret_cast<uintptr_t>(segment) | buckets) {}
    Segment* segment() const {
      return reinterpret_cast<Segment*>(bits_ & ~kBucketsMask);
    }
    size_t buckets() const { return bits_ & kBucketsMask; }

   private:
    static constexpr uintptr_t kBucketsMask = 63;
    uintptr_t bits_ = 0;
  };

  static uint64_t SlotFor(uint64_t hash, const Cell* cell);
  template <typename Visit>
  static void VisitTagged(Link link, uint64_t hash, Visit visit);
  // Calls visit(cell) where the tag is that of `hash`, until it returns true.
  void ForEachTagged(uint64_t hash, absl::FunctionRef<bool(Cell*)> visit) const;
  static uint64_t* FindSlot(const Segment& segment, uint64_t hash,
                            const Cell* cell);

  size_t DirectoryIndex(uint64_t position) const {
    return static_cast<size_t>(position >> (48 - depth_));
  }
  Link LinkAt(uint64_t hash) const {
    return directory_[DirectoryIndex(hash & (kPositionEnd - 1))];
  }
  Segment& SegmentAt(uint64_t hash) const { return *LinkAt(hash).segment(); }
  static size_t RoomFor(size_t keys);
  // Of at least so many buckets; REQUIRES: there is such a size.
  Segment* NewSegment(size_t buckets);
  Segment* Filled(absl::Span<const uint64_t> slots, size_t buckets,
                  const Segment& old);
  void FreeSegment(Segment* segment);
  Segment* Copied(absl::Span<const uint64_t> slots, const Segment& old);
  static bool Place(Segment& segment, uint64_t slot);
  void Grow(uint64_t position);
  void Rebuild(Segment& segment, uint64_t position, size_t buckets);
  void Split(Segment& segment, uint64_t position);
  void Point(uint64_t position, Segment* segment);

  // Sizes of segments: those of which a whole number fills a page of a slab.
  struct SegmentSizes {
    static constexpr size_t kClasses = 12;
    static constexpr size_t kBuckets[kClasses] = {2,  4,  6,  9,  14, 20,
                                                  24, 30, 35, 41, 50, 62};
    static constexpr size_t kBytesMax = (1 + 62) * 64;
    static size_t ClassOf(size_t bytes);
    static size_t BytesOf(size_t size_class) {
      return (1 + kBuckets[size_class]) * 64;
    }
  };

  uint64_t seed_;
  Slab<SegmentSizes> heap_;
  int depth_ = 0;  // the directory has 2^depth_ entries
  std::vector<Link> directory_;
  size_t size_ = 0;
};

template <typename IsIt>
Cell* Table::FindByHash(uint64_t hash, IsIt is_it) const {
  Cell* found = nullptr;
  ForEachTagged(hash, [&](Cell* cell) {
    if (!is_it(static_cast<const Cell&>(*cell))) return false;
    found = cell;
    return true;
  });
  return found;
}

template <typename Visit>
void Table::Sample(uint64_t position, uint64_t random, size_t count,
                   bool expiring_only, Visit visit) const {
  const Group group = const_cast<Table*>(this)->Step(position);
  const size_t first = static_cast<size_t>(random % group.slot_count_);
  for (size_t i = 0; i < group.slot_count_ && count > 0; ++i) {
    const uint64_t slot = group.slots_[(first + i) % group.slot_count_];
    if (slot == 0 || (expiring_only && (slot & kExpiresBit) == 0)) continue;
    visit(static_cast<const Cell&>(*CellIn(slot)));
    --count;
  }
}

template <typename Visit>
void Table::Group::ForEach(Visit visit) const {
  for (size_t i = 0; i < slot_count_; ++i) {
    if (slots_[i] != 0) visit(static_cast<const Cell&>(*CellIn(slots_[i])));
  }
}

template <typename Visit>
void Table::Group::ForEachExpiring(Visit visit) const {
  constexpr size_t kAhead = 16;  // slots: their cells are waited for together
  for (size_t i = 0; i < slot_count_; ++i) {
    if (i + kAhead < slot_count_ && (slots_[i + kAhead] & kExpiresBit) != 0)
      __builtin_prefetch(CellIn(slots_[i + kAhead]));
    if ((slots_[i] & kExpiresBit) == 0) continue;
    if (!visit(static_cast<const Cell&>(*CellIn(slots_[i])))) return;
  }
}

template <typename Move>
void Table::Group::Update(Move move) {
  for (size_t i = 0; i < slot_count_; ++i) {
    if (slots_[i] == 0) continue;
    const auto address = reinterpret_cast<uint64_t>(move(CellIn(slots_[i])));
    slots_[i] = (slots_[i] & ~kAddressMask) | address;
  }
}

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_TABLE_H_
