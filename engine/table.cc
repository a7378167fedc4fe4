#include "engine/table.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "engine/hash.h"

namespace vigil::engine {
namespace {

// The most, so that a split touches some 450 keys and no more.
constexpr size_t kBucketsMax = 62;
constexpr size_t kBucketsMin = 2;
// Home and the next seven: with these a segment is about 94 % full before a slot
// finds no place.
constexpr size_t kProbes = 8;
constexpr size_t kCacheLine = 64;
static_assert(kBucketsMax < kCacheLine, "the number stands below an address");
// Segments of a growing table move to the next size all the time and leave their pages
// in pieces; there are few of them, so that putting them together costs little.
constexpr unsigned kSparsePercent = 80;

}  // namespace

struct alignas(kCacheLine) Table::Segment {
  uint32_t count;  // slots in use
  uint16_t buckets;
  uint8_t depth;        // how many bits of the position it stands for
  uint64_t overflowed;  // bit i: a slot whose home is i (mod 64) is elsewhere
  Notes notes;

  uint64_t* slots() { return reinterpret_cast<uint64_t*>(this + 1); }
  const uint64_t* slots() const {
    return reinterpret_cast<const uint64_t*>(this + 1);
  }
  size_t slot_count() const { return buckets * kBucketSlots; }
  size_t bytes() const { return sizeof(Segment) + slot_count() * 8; }
  size_t Home(uint64_t tag) const { return HomeOf(tag, buckets); }
  size_t Probe(size_t home, size_t n) const {
    return ProbeOf(home, n, buckets);
  }
  size_t probes() const { return std::min<size_t>(kProbes, buckets); }

  // Where a tag is at home among so many buckets; the n-th bucket to look at.
  static size_t HomeOf(uint64_t tag, size_t buckets) {
    return static_cast<size_t>(tag * buckets >> 15);
  }
  static size_t ProbeOf(size_t home, size_t n, size_t buckets) {
    const size_t bucket = home + n;
    return bucket < buckets ? bucket : bucket - buckets;
  }
  static uint64_t OverflowBit(size_t home) {
    return uint64_t{1} << (home % 64);
  }
};

// Inlined into Find, the hottest place of all.
template <typename Visit>
inline void Table::VisitTagged(Link link, uint64_t hash, Visit visit) {
  const Segment& segment = *link.segment();
  const size_t buckets = link.buckets();
  const uint64_t tag = hash & kTagMask;
  const size_t home = Segment::HomeOf(tag, buckets);
  for (size_t n = 0; n < std::min(kProbes, buckets); ++n) {
    const uint64_t* const bucket =
        segment.slots() + Segment::ProbeOf(home, n, buckets) * kBucketSlots;
    // One by one: compared all at once (SSE2) a lookup that misses the cache took a sixth
    // longer, because nothing goes on before the whole bucket is there.
    for (size_t i = 0; i < kBucketSlots; ++i) {
      if (bucket[i] >> kTagShift != tag || bucket[i] == 0) continue;
      if (visit(CellIn(bucket[i]))) return;
    }
    if ((segment.overflowed & Segment::OverflowBit(home)) == 0) return;
  }
}

Table::Table(uint64_t seed, PageSource& pool) : seed_(seed), heap_(pool) {
  directory_.resize(1);
  Point(0, NewSegment(kBucketsMin));
}

// Segments go with their pages.
Table::~Table() = default;

Table::Table(Table&& other) noexcept
    : seed_(other.seed_),
      heap_(std::move(other.heap_)),
      depth_(std::exchange(other.depth_, 0)),
      directory_(std::exchange(other.directory_, {})),
      size_(std::exchange(other.size_, 0)) {}

size_t Table::SegmentSizes::ClassOf(size_t bytes) {
  size_t size_class = 0;
  while (BytesOf(size_class) < bytes) ++size_class;
  return size_class;
}

Table::Segment* Table::NewSegment(size_t buckets) {
  const size_t bytes =
      heap_.SlotBytes(sizeof(Segment) + buckets * kBucketSlots * 8);
  void* const memory = heap_.Allocate(bytes);
  std::memset(memory, 0, bytes);
  auto* const segment = new (memory) Segment{};
  segment->buckets = static_cast<uint16_t>(bytes / kCacheLine - 1);
  return segment;
}

void Table::FreeSegment(Segment* segment) {
  heap_.Free(segment, segment->bytes());
}

uint64_t Table::SlotFor(uint64_t hash, const Cell* cell) {
  return (hash & kTagMask) << kTagShift | (cell->expires() ? kExpiresBit : 0) |
         reinterpret_cast<uint64_t>(cell);
}

Cell* Table::Find(uint64_t hash, uint8_t database, std::string_view key) const {
  Cell* found = nullptr;
  VisitTagged(LinkAt(hash), hash, [&](Cell* cell) {
    // The value will be wanted next; its lines arrive together with the key's.
    const char* const bytes = reinterpret_cast<const char*>(cell);
    __builtin_prefetch(bytes + kCacheLine);
    __builtin_prefetch(bytes + 2 * kCacheLine);
    if (cell->database() != database || cell->key() != key) return false;
    found = cell;
    return true;
  });
  return found;
}

void Table::ForEachTagged(uint64_t hash,
                          absl::FunctionRef<bool(Cell*)> visit) const {
  VisitTagged(LinkAt(hash), hash, visit);
}

void Table::PrefetchBucket(uint64_t hash) const {
  const Link link = LinkAt(hash);
  const size_t home = Segment::HomeOf(hash & kTagMask, link.buckets());
  // And its neighbour, and what says whether a key may be there: to look first whether
  // that is so would be to wait for it.
  __builtin_prefetch(link.segment());
  __builtin_prefetch(link.segment()->slots() + home * kBucketSlots);
  __builtin_prefetch(link.segment()->slots() +
                     Segment::ProbeOf(home, 1, link.buckets()) * kBucketSlots);
}

Cell* Table::PrefetchCell(uint64_t hash) const {
  Cell* cell = nullptr;
  VisitTagged(LinkAt(hash), hash, [&](Cell* tagged) {
    cell = tagged;
    return true;
  });
  if (cell != nullptr) {
    const char* const bytes = reinterpret_cast<const char*>(cell);
    __builtin_prefetch(bytes);
    __builtin_prefetch(bytes + kCacheLine);
    __builtin_prefetch(bytes + 2 * kCacheLine);
  }
  return cell;
}

uint64_t* Table::FindSlot(const Segment& segment, uint64_t hash,
                          const Cell* cell) {
  const uint64_t address = reinterpret_cast<uint64_t>(cell);
  const size_t home = segment.Home(hash & kTagMask);
  for (size_t n = 0; n < segment.probes(); ++n) {
    const uint64_t* const bucket =
        segment.slots() + segment.Probe(home, n) * kBucketSlots;
    for (size_t i = 0; i < kBucketSlots; ++i) {
      if ((bucket[i] & kAddressMask) == address)
        return const_cast<uint64_t*>(bucket + i);
    }
  }
  return nullptr;
}

bool Table::Place(Segment& segment, uint64_t slot) {
  const size_t home = segment.Home(slot >> kTagShift);
  for (size_t n = 0; n < segment.probes(); ++n) {
    uint64_t* const bucket =
        segment.slots() + segment.Probe(home, n) * kBucketSlots;
    for (size_t i = 0; i < kBucketSlots; ++i) {
      if (bucket[i] != 0) continue;
      bucket[i] = slot;
      if (n > 0) segment.overflowed |= Segment::OverflowBit(home);
      ++segment.count;
      return true;
    }
  }
  return false;
}

void Table::Insert(uint64_t hash, Cell* cell) {
  const uint64_t position = hash & (kPositionEnd - 1);
  while (!Place(SegmentAt(hash), SlotFor(hash, cell))) Grow(position);
  ++size_;
  if (cell->expires()) {
    int64_t& earliest = NotesAt(hash).earliest_expiry_ms;
    earliest = std::min(earliest, cell->expires_at().ms);
  }
}

void Table::Replace(uint64_t hash, const Cell* old, Cell* cell) {
  Segment& segment = SegmentAt(hash);
  *FindSlot(segment, hash, old) = SlotFor(hash, cell);
  if (cell->expires()) {
    int64_t& earliest = segment.notes.earliest_expiry_ms;
    earliest = std::min(earliest, cell->expires_at().ms);
  }
}

void Table::Erase(uint64_t hash, const Cell* cell) {
  Segment& segment = SegmentAt(hash);
  *FindSlot(segment, hash, cell) = 0;
  --segment.count;
  --size_;
}

Table::Notes& Table::NotesAt(uint64_t hash) { return SegmentAt(hash).notes; }

// --- Growing

void Table::Grow(uint64_t position) {
  Segment& segment = *directory_[DirectoryIndex(position)].segment();
  if (segment.buckets < kBucketsMax) {
    Rebuild(segment, position, segment.buckets + 1u);
  } else {
    Split(segment, position);
  }
}

// Puts a segment of another size in the place of this one.
void Table::Rebuild(Segment& segment, uint64_t position, size_t buckets) {
  Segment* const fresh =
      Filled({segment.slots(), segment.slot_count()}, buckets, segment);
  if (fresh == nullptr) return Split(segment, position);
  fresh->depth = segment.depth;
  Point(position, fresh);
  FreeSegment(&segment);
}

// A segment with these slots and the notes of `old`. It is larger than asked for if
// they do not fit, which a few equal tags in a row can cause; nullptr if they do not
// even fit into the largest.
Table::Segment* Table::Filled(absl::Span<const uint64_t> slots, size_t buckets,
                              const Segment& old) {
  if (buckets > kBucketsMax) return nullptr;
  Segment* const fresh = NewSegment(buckets);
  fresh->notes = old.notes;
  for (const uint64_t slot : slots) {
    if (slot == 0 || Place(*fresh, slot)) continue;
    const size_t more = fresh->buckets + 1u;
    FreeSegment(fresh);
    return Filled(slots, more, old);
  }
  return fresh;
}

// How many buckets hold so many keys with a fifth to spare.
size_t Table::RoomFor(size_t keys) {
  return std::max(keys * 10 / 64 + 1, kBucketsMin);
}

void Table::Split(Segment& segment, uint64_t position) {
  if (segment.depth == depth_) {
    std::vector<Link> wider(directory_.size() * 2);
    for (size_t i = 0; i < wider.size(); ++i) wider[i] = directory_[i / 2];
    directory_ = std::move(wider);
    ++depth_;
  }
  const int depth = segment.depth + 1;
  const uint64_t begin = position >> (48 - segment.depth)
                                         << (48 - segment.depth);
  const uint64_t middle = begin + (kPositionEnd >> depth);

  // All cells are on their way before the first is looked at.
  uint64_t* const slots = segment.slots();
  for (size_t i = 0; i < segment.slot_count(); ++i)
    if (slots[i] != 0) __builtin_prefetch(CellIn(slots[i]));
  std::vector<uint64_t> halves[2];
  for (auto& half : halves) half.resize(segment.slot_count());
  for (size_t i = 0; i < segment.slot_count(); ++i) {
    if (slots[i] == 0) continue;
    const Cell* const cell = CellIn(slots[i]);
    const uint64_t hash = HashKey(cell->database(), cell->key(), seed_);
    halves[(hash & (kPositionEnd - 1)) >= middle][i] = slots[i];
  }
  for (const bool upper : {false, true}) {
    const std::vector<uint64_t>& half = halves[upper];
    const auto empty = std::count(half.begin(), half.end(), 0u);
    Segment* fresh = Filled(
        half, RoomFor(half.size() - static_cast<size_t>(empty)), segment);
    if (fresh == nullptr) fresh = Copied(half, segment);
    fresh->depth = static_cast<uint8_t>(depth);
    Point(upper ? middle : begin, fresh);
  }
  FreeSegment(&segment);
}

// As large as `old`, each slot where it stood there.
Table::Segment* Table::Copied(absl::Span<const uint64_t> slots,
                              const Segment& old) {
  Segment* const fresh = NewSegment(old.buckets);
  fresh->notes = old.notes;
  fresh->overflowed = old.overflowed;
  std::copy(slots.begin(), slots.end(), fresh->slots());
  const auto empty = std::count(slots.begin(), slots.end(), 0u);
  fresh->count =
      static_cast<uint32_t>(slots.size() - static_cast<size_t>(empty));
  return fresh;
}

// The directory leads to `segment` from everywhere in its range.
void Table::Point(uint64_t position, Segment* segment) {
  const int shift = 48 - segment->depth;
  const size_t first = DirectoryIndex(position >> shift << shift);
  std::fill_n(directory_.begin() + static_cast<ptrdiff_t>(first),
              size_t{1} << (depth_ - segment->depth),
              Link(segment, segment->buckets));
}

// --- Walking

Table::Group Table::Step(uint64_t& position) {
  Segment& segment = *directory_[DirectoryIndex(position)].segment();
  const int shift = 48 - segment.depth;
  position = ((position >> shift) + 1) << shift;
  return Group(segment.slots(), segment.slot_count(), &segment.notes);
}

size_t Table::Group::size() const {
  size_t count = 0;
  for (size_t i = 0; i < slot_count_; ++i) count += slots_[i] != 0;
  return count;
}

void Table::Compact(uint64_t position) {
  Segment& segment = *directory_[DirectoryIndex(position)].segment();
  if (segment.count * 4 >= segment.slot_count()) {
    if (heap_.SparseAt(&segment, kSparsePercent))
      Rebuild(segment, position, segment.buckets);
    return;
  }
  const size_t buckets = RoomFor(segment.count);
  if (buckets < segment.buckets) Rebuild(segment, position, buckets);
}

}  // namespace vigil::engine
