// ModelReplica: a second engine, fed from the first one by its log or by a full
// sync, whose pieces come in any order and with writes in between. Now and then it has
// records of its own, as an old master has, and rewinds.
//
// Thread-safety: thread-compatible. Lifetime: `clock` and `random` outlive it; the
// master given to Step() lives until MasterStops().
#ifndef VIGIL_TESTS_ENGINE_MODEL_REPLICA_H_
#define VIGIL_TESTS_ENGINE_MODEL_REPLICA_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/random.h"
#include "engine/engine.h"
#include "engine/memory_storage.h"
#include "tests/engine/model_store.h"
#include "tests/support/manual_clock.h"

namespace vigil::engine {

class ModelReplica {
 public:
  ModelReplica(const EngineOptions& options, bool on_disk,
               const ManualClock& clock, Random& random);

  // Something happens to it. Returns what is wrong; empty: nothing.
  std::string Step(const Engine& master, const ModelStore& model);
  // Applies all there is.
  std::string CatchUp(const Engine& master, const ModelStore& model);

  // The master is about to stop; what it has when it is back ends at record `last`.
  void MasterStops();
  void MasterReturns(uint64_t last);

  uint64_t full_syncs() const { return full_syncs_; }
  uint64_t rewinds() const { return rewinds_; }

 private:
  std::string Open();
  std::string Crash(const ModelStore& model);
  std::string Compare(const ModelStore& model) const;
  std::string GoOn(const Engine& master);
  std::string Follow(const Engine& master);
  void Diverge(const ModelStore& model);
  void DivergedAbove(uint64_t common);
  std::string Resync(const Engine& master);
  std::string BeginRewind(const Engine& master);
  std::string StepOfRewind(const Engine& master);
  std::string BeginSync(const Engine& master);
  std::string StepOfSync(const Engine& master);
  std::string StageLog(const Engine& master, size_t bytes_max);
  std::string FinishSync(const Engine& master);
  void DropSync();

  const EngineOptions options_;
  const ManualClock& clock_;
  Random& random_;
  std::shared_ptr<MemoryDisk> disk_;  // null: in memory only
  std::unique_ptr<Engine> engine_;
  // It has records above this one that the master has not.
  std::optional<uint64_t> common_;

  // Of a rewind under way.
  bool rewinding_ = false;
  std::vector<std::string> keys_;

  // Of a full sync under way.
  std::unique_ptr<StateWalk> walk_;
  bool walked_ = false;
  std::vector<std::string> held_back_;
  uint64_t staged_ = 0;  // record
  uint64_t full_syncs_ = 0;
  uint64_t rewinds_ = 0;
};

}  // namespace vigil::engine

#endif  // VIGIL_TESTS_ENGINE_MODEL_REPLICA_H_
