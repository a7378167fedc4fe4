#include "engine/sweeper.h"

#include <algorithm>

namespace vigil::engine {
namespace {

// A shard is compacted when so much of its pages is empty, and so much more than was
// left the last time: less is the price of sizes that do not fill a page.
constexpr size_t kEmptyShare = 8;  // an eighth
constexpr size_t kEmptyBytesMin = 256 << 10;

}  // namespace

Sweeper::Work Sweeper::Needed(const Keyspace& keyspace) {
  if (keyspace.flushed_cells() > 0) return Work::kErase;
  const KeyspaceBytes bytes = keyspace.bytes();
  const size_t empty = bytes.empty_pages();
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
      if (work_ == Work::kCompact) keyspace.BeginCompaction();
      return;
    case Work::kErase:
      keyspace.EraseFlushed(position_);
      return;
    case Work::kCompact:
      keyspace.Compact(position_);
      if (position_ == Table::kPositionEnd)
        left_empty_[shard_] = keyspace.bytes().empty_pages();
      return;
  }
}

bool Sweeper::RunUntil(MonoTime deadline) {
  const SystemClock stopwatch;
  while (shard_ < data_.shards()) {
    data_.Write(shard_, [this](Keyspace& keyspace) { Step(keyspace); });
    if (position_ == Table::kPositionEnd) {
      // After erasing, the pages may be worth a compaction.
      const bool again = work_ == Work::kErase;
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
