// Engine::Impl: the parts of an engine. Included by engine*.cc only.
#ifndef VIGIL_ENGINE_ENGINE_IMPL_H_
#define VIGIL_ENGINE_ENGINE_IMPL_H_

#include <atomic>
#include <memory>
#include <optional>
#include <utility>

#include "engine/batch.h"
#include "engine/blob_writer.h"
#include "engine/checkpointer.h"
#include "engine/data_set.h"
#include "engine/engine.h"
#include "engine/flusher.h"
#include "engine/housekeeper.h"
#include "engine/log.h"
#include "engine/memory_need.h"
#include "engine/meta_table.h"
#include "engine/operation_timer.h"
#include "engine/page_pool.h"
#include "engine/reclaimer.h"
#include "engine/recovery.h"
#include "engine/rewind.h"
#include "engine/staging.h"
#include "engine/syncer.h"

namespace vigil::engine {

// A key as a mutation finds it; null: it is not there.
inline KeyState StateOf(const Cell* cell) {
  if (cell == nullptr) return {};
  return {.exists = true,
          .value = cell->value(),
          .version = cell->version(),
          .expires_at = cell->expires_at()};
}

// In the order in which they need each other. The workers exist only with a storage,
// except for the housekeeper.
class Engine::Impl {
 public:
  Impl(const EngineOptions& engine_options,
       std::unique_ptr<Storage> engine_storage,
       std::unique_ptr<WorkBoard> board, std::unique_ptr<PagePool> pages,
       std::shared_ptr<Reclaimer> large_memory, Recovered recovered,
       MetaMap values, const Clock& engine_clock)
      : options(engine_options),
        clock(engine_clock),
        storage(std::move(engine_storage)),
        works(std::move(board)),
        meta(storage.get(), std::move(values)),
        pool(std::move(pages)),
        reclaimer(std::move(large_memory)),
        data(std::move(recovered.keyspaces), options.max_memory > 0),
        log(std::move(recovered.ring), options.log_memory_bytes,
            /*memory_only=*/storage == nullptr,
            options.on_storage_failure == OnStorageFailure::kGoOnInMemory) {
    if (storage != nullptr) {
      blobs.emplace(log, *storage);
      syncer.emplace(log, *blobs, *storage, options.fsync);
      checkpointer.emplace(data, log, *storage, options.checkpoint_period,
                           options.log_disk_bytes);
    }
    housekeeper.emplace(data, log, *pool, *reclaimer, *works, clock,
                        options.housekeeping_period);
    if (options.background) StartWorkers();
  }

  ~Impl() {
    // 1. Nothing makes records any more.
    log.CloseGate();
    housekeeper->Stop();
    // Nobody frees for others any more; pins may be let go of later than this.
    reclaimer->Close();
    if (storage == nullptr) return;
    // 2. While the flusher still runs: a checkpoint may be waiting for it.
    checkpointer->Stop();
    // 3. The rest of the log goes to the operating system, ...
    if (flusher) flusher->Stop();
    // 4. ... then to the disk.
    syncer->Stop();
    if (log.healthy() && log.durable_index() < log.last_index()) {
      // Nobody is left to hear of a failure: whoever asked for durability has
      // waited for durable_index().
      syncer->SyncNow().IgnoreError();
    }
  }

  void StartWorkers() {
    if (storage != nullptr) {
      syncer->Start();
      flusher.emplace(log, *blobs, *syncer,
                      options.fsync == FsyncPolicy::kAlways);
      checkpointer->Start();
    }
    housekeeper->Start();
  }

  // Everything in the log is persisted. False: the storage failed.
  bool PersistAll() {
    // Nobody else does it.
    if (!flusher && blobs) blobs->WriteAll().IgnoreError();
    return log.AwaitPersisted(log.last_index());
  }

  // See engine_reads.cc.
  template <typename Use>
  auto WithCell(OperationKind kind, std::string_view key, int database,
                Use use) const;

  // See engine_writes.cc. False: nothing was decided for want of `need`, or because the
  // databases were swapped meanwhile.
  absl::StatusOr<bool> TryOne(const Mutation& mutation, MutationResult& result,
                              MemoryNeed& need);
  struct Try {
    Batch batch;
    uint64_t index = 0;
    MemoryNeed need;
    // OK, or what the mutations themselves have met: then there is nothing of them.
    absl::Status verdict;
  };
  // `one`: the mutation alone, whose condition is no error.
  absl::StatusOr<bool> TryMany(absl::Span<const Mutation> mutations, bool one,
                               Note* note, Try& attempt);
  absl::StatusOr<std::vector<MutationResult>> WriteMany(
      absl::Span<const Mutation> mutations, bool one, MonoTime deadline,
      Note* note);
  std::vector<size_t> ShardsOf(absl::Span<const Mutation> mutations,
                               const Note* note) const;
  // Appends the note's effect to those of its write.
  static void AddNote(const Note& note, std::string value,
                      std::string& effects);
  // See engine_memory.cc. Waits, up to `deadline`, until the log has room for another
  // write, and large values that have gone have left enough.
  absl::Status Admit(MonoTime deadline);
  bool Fits(const MemoryNeed& need) const;
  absl::Status MakeRoom(const MemoryNeed& need, MonoTime deadline);
  bool EvictOne(size_t shard);
  // See engine_rewind.cc.
  absl::Status CommitRewind(const MetaMap& values);
  // See engine_databases.cc. Appends and applies what effects(at) returns when all
  // shards are locked: effects of the engine's own database, as one record.
  template <typename Effects>
  absl::StatusOr<uint64_t> WriteOwn(MonoTime deadline, Note* note,
                                    Effects effects);

  static absl::Status NotMaster() {
    return absl::FailedPreconditionError("this node is not the master");
  }

  // The answer to a staging call: bad input is the sender's fault and passes, a
  // failed storage is ours.
  absl::Status Staged(const absl::Status& s) {
    if (s.ok() || absl::IsDataLoss(s) || absl::IsOutOfRange(s) ||
        absl::IsResourceExhausted(s)) {
      return s;
    }
    log.Fail(s);
    return log.health();
  }

  KeyspaceOptions keyspace_options() const {
    return {.hash_seed = data.seed(),
            .track_changes = storage != nullptr,
            .eviction = options.eviction,
            .large_memory = reclaimer};
  }
  // Of a batch's effects. Whatever key and value are accepted can be renamed: that is
  // both names, the value, and what stands around them.
  size_t batch_bytes_max() const {
    return 2 * options.key_bytes_max + options.value_bytes_max + 64;
  }
  MutationLimits limits() const {
    return {.key_bytes_max = options.key_bytes_max,
            .value_bytes_max = options.value_bytes_max};
  }

  const EngineOptions options;
  const Clock& clock;
  mutable Insight insight{options.slow_log, clock};
  const std::unique_ptr<Storage> storage;  // null: memory only
  const std::unique_ptr<WorkBoard> works;
  MetaTable meta;
  const std::unique_ptr<PagePool> pool;
  const std::shared_ptr<Reclaimer> reclaimer;  // the cells share it
  DataSet data;
  Log log;
  std::optional<BlobWriter> blobs;
  std::optional<Syncer> syncer;
  std::optional<Flusher> flusher;
  std::optional<Checkpointer> checkpointer;
  std::optional<Housekeeper> housekeeper;
  // Used by the replica's side only.
  std::optional<Staging> staging;
  std::optional<Rewind> rewind;
  std::optional<WorkBoard::Item> sync_work;
  // The last record that Apply has begun with: written by it, read by anyone.
  std::atomic<uint64_t> applying{0};

  // Where the next eviction looks first: shard by shard, all alike.
  std::atomic<size_t> eviction_shard{0};
  std::atomic<uint64_t> evicted{0};
  std::atomic<uint64_t> refused_for_memory{0};
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_ENGINE_IMPL_H_
