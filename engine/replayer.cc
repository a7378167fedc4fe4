#include "engine/replayer.h"

#include <array>
#include <utility>

#include "engine/databases.h"
#include "engine/hash.h"

namespace vigil::engine {
namespace {

// Of one thread; a run is about a megabyte.
constexpr size_t kRunsMax = 4;
// As many cache misses as a core can have under way, and some more.
constexpr size_t kGroupSize = 16;

}  // namespace

// Effects on their way to the table.
class Replayer::Group {
 public:
  void Add(const Effect& effect) {
    effect.keyspace->PrefetchBucket(effect.hash);
    effects_[size_++] = effect;
    if (size_ == kGroupSize) Apply();
  }

  // In the order in which they came.
  void Apply() {
    for (size_t i = 0; i < size_; ++i)
      effects_[i].keyspace->PrefetchCell(effects_[i].hash);
    for (size_t i = 0; i < size_; ++i)
      effects_[i].keyspace->Apply(effects_[i].hash, effects_[i].record);
    size_ = 0;
  }

 private:
  std::array<Effect, kGroupSize> effects_;
  size_t size_ = 0;
};

Replayer::Replayer(Keyspaces& keyspaces, size_t threads)
    : keyspaces_(keyspaces) {
  const size_t shards = keyspaces.size();
  for (size_t i = 0; i < threads; ++i) {
    parts_.push_back(std::make_unique<Part>());
    Part& part = *parts_.back();
    part.begin = i * shards / threads;
    part.end = (i + 1) * shards / threads;
    part.thread = Thread("vigil-load", [this, &part] { Work(part); });
  }
}

void Replayer::Add(std::shared_ptr<const Run> run) {
  for (const auto& part : parts_) {
    MutexLock lock(part->mu);
    while (part->runs.size() >= kRunsMax) part->moved.Wait(part->mu);
    part->runs.push_back(run);
    part->moved.NotifyAll();
  }
}

void Replayer::Finish() {
  for (const auto& part : parts_) {
    MutexLock lock(part->mu);
    part->finished = true;
    part->moved.NotifyAll();
  }
  for (const auto& part : parts_) part->thread.Join();
}

void Replayer::Work(Part& part) {
  Group group;
  for (;;) {
    std::shared_ptr<const Run> run;
    {
      MutexLock lock(part.mu);
      while (part.runs.empty() && !part.finished) part.moved.Wait(part.mu);
      if (part.runs.empty()) return;
      run = std::move(part.runs.front());
      part.runs.pop_front();
      part.moved.NotifyAll();
    }
    Apply(*run, part, group);
  }
}

void Replayer::Apply(const Run& run, const Part& part, Group& group) {
  for (const EncodedRecord& each : run.records) {
    ForEachEffect(each.record, [&](const RecordView& effect) {
      const uint64_t hash =
          HashKey(effect.database, effect.key, keyspaces_.seed());
      const size_t shard = ShardOf(hash, keyspaces_.size());
      if (part.begin <= shard && shard < part.end)
        group.Add({hash, &keyspaces_[shard], effect});
      if (effect.database != kOwnDatabase) return;
      const auto flushed = FlushedBy(effect.key);
      if (!flushed) return;
      group.Apply();
      for (size_t i = part.begin; i < part.end; ++i)
        keyspaces_[i].Flush(*flushed, effect.index);
    });
  }
  // What is left points into the run.
  group.Apply();
}

}  // namespace vigil::engine
