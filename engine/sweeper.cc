#include "engine/sweeper.h"

#include <algorithm>

namespace vigil::engine {
namespace {

// A shard is compacted when so much of its pages is empty, and so much more than was
// left the last time: less is the price of sizes that do not fill a page.
constexpr size_t kEmptyShare = 8;  // an eighth
constexpr size_t kEmptyBytesMin = 64 << 10;
// A table in use has about 10 bytes for each cell; what is above this is empty.
constexpr size_t kTableBytesPerCell = 20;

// What compaction may give back, more or less.
size_t EmptyBytes(const Keyspace& keyspace, const KeyspaceBytes& bytes) {
  const size_t in_use = keyspace.cells() * kTableBytesPerCell;
  return bytes.empty_pages() +
         (bytes.table > in_use ? bytes.table - in_use : 0);
}

}  // namespace

Sweeper::Work Sweeper::Needed(const Keyspace& keyspace) {
  if (keyspace.flushed_cells() > 0) return Work::kErase;
  if (keyspace.untidy()) return Work::kTidy;
  const KeyspaceBytes bytes = keyspace.bytes();
  const size_t empty = EmptyBytes(keyspace, bytes);
  size_t& left = left_empty_[shard_];
  left = std::min(left, empty);
  return empty * kEmptyShare > bytes.pages && empty > left + kEmptyBytesMin
             ? Work::kCompact
             : Work::kNone;
}

void Sweeper::Step(Keyspace& keyspace) {
  switch (work_) {
    case Work::kNone:
      work_ = Needed(keyspace);
      position_ = work_ == Work::kNone ? Table::kPositionEnd : 0;
      if (work_ == Work::kCompact) Begin(keyspace);
      return;
    case Work::kErase:
      keyspace.EraseSomeFlushed();
      if (keyspace.flushed_cells() == 0) position_ = Table::kPositionEnd;
      return;
    case Work::kTidy:
      keyspace.Tidy();
      if (!keyspace.untidy()) position_ = Table::kPositionEnd;
      return;
    case Work::kCompact:
      keyspace.Compact(position_);
      if (position_ == Table::kPositionEnd) End(keyspace);
      return;
  }
}

void Sweeper::Begin(Keyspace& keyspace) {
  keyspace.BeginCompaction();
  cells_at_begin_ = keyspace.cells();
  empty_at_begin_ = EmptyBytes(keyspace, keyspace.bytes());
}

void Sweeper::End(const Keyspace& keyspace) {
  const size_t empty = EmptyBytes(keyspace, keyspace.bytes());
  // Keys that went meanwhile may have left holes behind the place that it had reached.
  const bool changed = keyspace.cells() * 8 < cells_at_begin_ * 7;
  const bool helped = empty * 4 < empty_at_begin_ * 3;
  left_empty_[shard_] = changed || helped ? 0 : empty;
}

bool Sweeper::RunUntil(MonoTime deadline) {
  const SystemClock stopwatch;
  while (shard_ < data_.shards()) {
    data_.WriteInTurn(shard_, [this](Keyspace& keyspace) { Step(keyspace); });
    if (position_ == Table::kPositionEnd) {
      // After the others, the pages may be worth a compaction.
      const bool again = work_ == Work::kErase || work_ == Work::kTidy;
      work_ = Work::kNone;
      position_ = 0;
      if (!again) ++shard_;
    }
    if (stopwatch.Mono() >= deadline) return false;
  }
  shard_ = 0;
  return true;
}

}  // namespace vigil::engine
