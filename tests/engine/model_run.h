// ModelRun: an engine, its model and a replica, going through random operations.
//
// A function of its seed, but for how far the threads that write to the disk have
// come at each moment. A failure of the busy disk may take some tries to come back.
#ifndef VIGIL_TESTS_ENGINE_MODEL_RUN_H_
#define VIGIL_TESTS_ENGINE_MODEL_RUN_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "engine/base/random.h"
#include "engine/engine.h"
#include "engine/memory_storage.h"
#include "tests/engine/model_mutations.h"
#include "tests/engine/model_replica.h"
#include "tests/engine/model_store.h"
#include "tests/support/manual_clock.h"

namespace vigil::engine {

class ModelRun {
 public:
  struct Tally {
    uint64_t changes = 0;
    uint64_t refused = 0;
    uint64_t crashes = 0;
    uint64_t lost_records = 0;  // in crashes that may lose some
    uint64_t expired = 0;
    uint64_t scans = 0;
    uint64_t full_syncs = 0;
    uint64_t rewinds = 0;
  };

  enum class Disk {
    kNone,
    kQuiet,  // a checkpoint is a step
    kBusy,   // the checkpointer's thread writes all the time
  };

  ModelRun(uint64_t seed, Disk disk);

  void Step();
  // At the end: everything is compared once more, and the replica catches up.
  void Finish();

  // What went wrong first, and in which step; empty: nothing.
  const std::string& violation() const { return violation_; }
  const Tally& tally() const { return tally_; }

 private:
  using Answer = absl::StatusOr<std::vector<MutationResult>>;

  // A scan under way, and what it still has to return.
  struct Scanning {
    ScanRequest request;
    std::set<std::string, std::less<>> missing;
  };

  bool Open();
  void Check(const std::string& what, std::string wrong);

  void Mutate();
  Answer Done(const Mutation& mutation);
  Answer DoneShort(const Mutation& mutation);  // by Set or Delete
  void MutateMany();
  void FlushDatabases();
  void SwapDatabases();
  void MoveGate();
  void DeleteExpired();
  void ReadOne();
  void ReadMany();
  void ReadRandomKey();
  void ScanSome();
  void Maintain();
  void Crash();

  int64_t now_ms() const { return clock_.Wall().ms; }
  const ModelEntry* Find(int database, std::string_view key) const {
    return model_.Find(database, key, now_ms());
  }

  Random random_;
  ManualClock clock_;
  const EngineOptions options_;
  std::shared_ptr<MemoryDisk> disk_;  // null: in memory only
  std::unique_ptr<Engine> engine_;
  ModelStore model_;
  MutationMaker maker_;
  std::unique_ptr<ModelReplica> replica_;
  std::optional<Scanning> scanning_;
  uint64_t step_ = 0;
  std::string violation_;
  Tally tally_;
};

}  // namespace vigil::engine

#endif  // VIGIL_TESTS_ENGINE_MODEL_RUN_H_
