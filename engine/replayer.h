// Replayer: applies a log to keyspaces that nobody else uses yet, on several threads.
//
//   Add(records) ─▶ every thread reads all of them, and applies what is for its shards
//
// The order of the log is kept within each shard, and nothing depends on more: what is
// replayed cannot be seen before it is complete. Each thread collects a few effects and
// asks for their places in the table before it goes to the first, so that their cache
// misses overlap.
//
// Thread-safety: one caller. Threads: "vigil-load".
// Lifetime: `keyspaces` outlives it, and is not touched by anyone else until Finish().
#ifndef VIGIL_ENGINE_REPLAYER_H_
#define VIGIL_ENGINE_REPLAYER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/base/thread.h"
#include "engine/keyspaces.h"
#include "engine/record.h"

namespace vigil::engine {

class Replayer {
 public:
  // A run of records, and the bytes that they point into.
  struct Run {
    std::string bytes;
    std::vector<EncodedRecord> records;
  };

  // REQUIRES: 0 < threads <= keyspaces.size().
  Replayer(Keyspaces& keyspaces, size_t threads);
  ~Replayer() { Finish(); }
  Replayer(const Replayer&) = delete;
  Replayer& operator=(const Replayer&) = delete;

  // Waits while threads are far behind, so that memory is bounded by some runs.
  void Add(std::shared_ptr<const Run> run);
  // Everything added is applied. Nothing can be added any more.
  void Finish();

 private:
  // Of one thread, which has the shards [begin, end).
  struct Part {
    size_t begin;
    size_t end;
    Mutex mu;
    CondVar moved;
    std::deque<std::shared_ptr<const Run>> runs ABSL_GUARDED_BY(mu);
    bool finished ABSL_GUARDED_BY(mu) = false;
    Thread thread;
  };
  struct Effect {
    uint64_t hash;
    Keyspace* keyspace;
    RecordView record;
  };
  class Group;

  void Work(Part& part);
  void Apply(const Run& run, const Part& part, Group& group);

  Keyspaces& keyspaces_;
  std::vector<std::unique_ptr<Part>> parts_;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_REPLAYER_H_
