#include "engine/eviction_queues.h"

#include <algorithm>
#include <utility>

namespace vigil::engine {
namespace {

// Of the keys: what S3-FIFO's authors recommend.
constexpr size_t kSmallShare = 10;
constexpr uint32_t kReadsMax = 3;
// Keys spared in one search: 64 take a few microseconds. If all of them were read, the
// next one goes although it was: a write must not fail because everything is in use.
// Places of keys that have gone are not counted: each is passed over once, and Tidy
// keeps them few.
constexpr size_t kSparedMax = 64;

void CountRead(Cell& cell, uint32_t reads_max) {
  QueueMark mark = QueueMark::Of(cell);
  if (mark.reads >= reads_max) return;  // most reads of hot keys write nothing
  ++mark.reads;
  mark.WriteTo(cell);
}

// Places that are tidied at a time, and for each key that comes: more than one, so that it
// gets ahead of them.
constexpr size_t kTidiedAtOnce = 128;
constexpr size_t kTidiedAtInsert = 8;

}  // namespace

void HashQueue::Push(uint64_t hash, Cell& cell, uint32_t reads) {
  const uint64_t place = first_place_ + hashes_.size();
  hashes_.push_back(hash);
  ++live_;
  QueueMark{static_cast<uint32_t>(place & QueueMark::kPlaceMask), main_, reads}
      .WriteTo(cell);
}

Cell* HashQueue::At(size_t i, const Table& table) const {
  const auto place =
      static_cast<uint32_t>((first_place_ + i) & QueueMark::kPlaceMask);
  return table.FindByHash(hashes_[i], [&](const Cell& cell) {
    const QueueMark mark = QueueMark::Of(cell);
    return mark.main == main_ && mark.place == place;
  });
}

void HashQueue::PopOldest() {
  // What Tidy has emptied goes in one piece.
  const size_t count = write_ == 0 && read_ > 0 ? read_ : 1;
  hashes_.erase(hashes_.begin(),
                hashes_.begin() + static_cast<ptrdiff_t>(count));
  first_place_ += count;
  read_ -= std::min(read_, count);
  write_ -= std::min(write_, count);
}

bool HashQueue::untidy() const {
  // Half of it is empty, and it is worth the work.
  return read_ > 0 || (places() > 64 && places() > 2 * live());
}

size_t HashQueue::Tidy(const Table& table, size_t count, size_t follow) {
  if (!untidy()) return follow;
  // What comes after a place where nothing is left any more.
  if (follow >= write_) follow = std::max(follow, read_);
  const size_t end = std::min(read_ + count, hashes_.size());
  for (; read_ < end; ++read_) {
    Cell* const cell = At(read_, table);
    if (follow == read_) follow = write_;  // also if it has gone
    if (cell == nullptr) continue;
    QueueMark mark = QueueMark::Of(*cell);
    mark.place =
        static_cast<uint32_t>((first_place_ + write_) & QueueMark::kPlaceMask);
    mark.WriteTo(*cell);
    hashes_[write_++] = hashes_[read_];
  }
  if (read_ < hashes_.size()) return follow;
  hashes_.resize(write_);
  read_ = 0;
  return std::min(follow, std::exchange(write_, 0));
}

void Ghost::Resize(size_t keys) {
  if (keys <= marks_.size()) return;
  marks_.assign(std::max<size_t>(2 * keys, 64), 0);
}

void Ghost::Add(uint64_t hash) { marks_[IndexOf(hash)] = MarkOf(hash); }

bool Ghost::Take(uint64_t hash) {
  if (marks_.empty() || marks_[IndexOf(hash)] != MarkOf(hash)) return false;
  marks_[IndexOf(hash)] = 0;
  return true;
}

// --- S3-FIFO

void S3Fifo::Inserted(uint64_t hash, Cell& cell, bool loaded,
                      const Table& table) {
  HashQueue& queue = loaded || ghost_.Take(hash) ? main_ : small_;
  queue.Push(hash, cell, 0);
  queue.Tidy(table, kTidiedAtInsert);
}

void S3Fifo::Accessed(Cell& cell) { CountRead(cell, kReadsMax); }

void S3Fifo::Erased(uint64_t hash, const Cell& cell, bool evicted) {
  const bool main = QueueMark::Of(cell).main;
  (main ? main_ : small_).Left();
  if (!evicted || main) return;
  ghost_.Resize(main_.live() + small_.live() + 1);
  ghost_.Add(hash);
}

void S3Fifo::Tidy(const Table& table) {
  small_.Tidy(table, kTidiedAtOnce);
  main_.Tidy(table, kTidiedAtOnce);
}

const Cell* S3Fifo::Victim(const Table& table) {
  const size_t keys = small_.live() + main_.live();
  const bool small_is_full = small_.live() * kSmallShare >= keys;
  if (!small_is_full) {
    if (const Cell* victim = FromMain(table)) return victim;
  }
  if (const Cell* victim = FromSmall(table)) return victim;
  return FromMain(table);
}

const Cell* S3Fifo::FromSmall(const Table& table) {
  for (size_t spared = 0; small_.places() > 0 && spared < kSparedMax;) {
    Cell* const cell = small_.At(0, table);
    const uint64_t hash = small_.hash(0);
    if (cell != nullptr && QueueMark::Of(*cell).reads <= 1) return cell;
    small_.PopOldest();
    if (cell == nullptr) continue;
    ++spared;
    small_.Left();
    main_.Push(hash, *cell, 0);
  }
  return nullptr;
}

const Cell* S3Fifo::FromMain(const Table& table) {
  for (size_t spared = 0; main_.places() > 0;) {
    Cell* const cell = main_.At(0, table);
    const uint64_t hash = main_.hash(0);
    const uint32_t reads = cell == nullptr ? 0 : QueueMark::Of(*cell).reads;
    if (cell != nullptr && (reads == 0 || spared == kSparedMax)) return cell;
    main_.PopOldest();
    if (cell == nullptr) continue;
    ++spared;
    main_.Left();
    main_.Push(hash, *cell, reads - 1);
  }
  return nullptr;
}

// --- SIEVE

void Sieve::Inserted(uint64_t hash, Cell& cell, bool, const Table& table) {
  queue_.Push(hash, cell, 0);
  hand_ = queue_.Tidy(table, kTidiedAtInsert, hand_);
}

void Sieve::Accessed(Cell& cell) { CountRead(cell, 1); }

void Sieve::Erased(uint64_t, const Cell&, bool) { queue_.Left(); }

void Sieve::Tidy(const Table& table) {
  hand_ = queue_.Tidy(table, kTidiedAtOnce, hand_);
}

const Cell* Sieve::Victim(const Table& table) {
  size_t spared = 0;
  // Once around meets every key.
  for (size_t left = queue_.places(); left > 0; --left, ++hand_) {
    if (hand_ >= queue_.places()) hand_ = 0;
    Cell* const cell = queue_.At(hand_, table);
    if (cell == nullptr) continue;
    QueueMark mark = QueueMark::Of(*cell);
    if (mark.reads == 0 || spared == kSparedMax) {
      // Behind the youngest comes the oldest, not who is put in next.
      if (++hand_ == queue_.places()) hand_ = 0;
      return cell;
    }
    ++spared;
    mark.reads = 0;
    mark.WriteTo(*cell);
  }
  // There are few, and all of them were read.
  return queue_.live() > 0 ? Victim(table) : nullptr;
}

}  // namespace vigil::engine
