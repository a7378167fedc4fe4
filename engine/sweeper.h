// Sweeper: gives back the memory of what was flushed, of what the eviction policy knows
// of keys that have gone, and of pages and segments that have become mostly empty.
//
// All of it is local: no record, the same on a master and a replica. A shard is locked
// for one segment at a time.
//
// Thread-safety: one caller at a time. Lifetime: `data` outlives it.
#ifndef VIGIL_ENGINE_SWEEPER_H_
#define VIGIL_ENGINE_SWEEPER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/base/clock.h"
#include "engine/data_set.h"

namespace vigil::engine {

class Sweeper {
 public:
  explicit Sweeper(DataSet& data)
      : data_(data), left_empty_(data.shards(), 0) {}

  // Works until nothing is left (true) or `deadline` of SystemClock has passed.
  bool RunUntil(MonoTime deadline);

 private:
  enum class Work { kNone, kErase, kTidy, kCompact };
  // What the present shard needs.
  Work Needed(const Keyspace& keyspace);
  // Of one shard's compaction.
  void Begin(Keyspace& keyspace);
  void End(const Keyspace& keyspace);
  // One segment, or as much, of the work under way.
  void Step(Keyspace& keyspace);

  DataSet& data_;
  // By shard: empty bytes in pages that the last compaction could not get rid of.
  std::vector<size_t> left_empty_;
  size_t shard_ = 0;
  Work work_ = Work::kNone;  // under way in it
  uint64_t position_ = 0;
  size_t cells_at_begin_ = 0;
  size_t empty_at_begin_ = 0;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_SWEEPER_H_
