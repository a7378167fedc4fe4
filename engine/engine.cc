#include "engine/engine.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/backup_manifest.h"
#include "engine/base/random.h"
#include "engine/engine_impl.h"
#include "engine/state_walk.h"

namespace vigil::engine {

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Engine::~Engine() = default;

absl::StatusOr<std::unique_ptr<Engine>> Engine::Open(
    const EngineOptions& options, std::unique_ptr<Storage> storage,
    const Clock& clock, Logger logger, WorkBoard::Listener on_progress,
    const Limit& limit) {
  auto works = std::make_unique<WorkBoard>(clock, std::move(on_progress));
  const auto shards = static_cast<size_t>(options.shards);
  auto pool = std::make_unique<PagePool>();
  auto reclaimer = std::make_shared<Reclaimer>(pool->bell());
  const KeyspaceOptions keyspace = {.hash_seed = storage == nullptr
                                                     ? RandomFromSystem()
                                                     : storage->hash_seed(),
                                    .track_changes = storage != nullptr,
                                    .eviction = options.eviction,
                                    .large_memory = reclaimer};
  Recovered recovered{Keyspaces(keyspace, shards, *pool), LogRing(0)};
  MetaMap values;
  if (storage != nullptr) {
    absl::StatusOr<MetaMap> stored = storage->ReadMeta();
    if (!stored.ok()) return stored.status();
    values = *std::move(stored);
    absl::StatusOr<Recovered> loaded =
        Recover(*storage, std::move(recovered.keyspaces),
                options.log_memory_bytes, *works, limit);
    if (!loaded.ok()) return loaded.status();
    recovered = *std::move(loaded);
    vigil::Log(
        logger, LogLevel::kNotice,
        absl::StrCat("data loaded: log ends at ", recovered.ring.last_index(),
                     ", checkpoint at ", storage->checkpoint()));
  }
  return std::unique_ptr<Engine>(new Engine(std::make_unique<Impl>(
      options, std::move(storage), std::move(works), std::move(pool),
      std::move(reclaimer), std::move(recovered), std::move(values), clock)));
}

// --- The write gate

uint64_t Engine::OpenGate(const std::vector<Marker>& markers) {
  std::vector<RecordView> records;
  for (const Marker& marker : markers) {
    records.push_back({.type = marker.type, .value = marker.value});
  }
  return impl_->log.OpenGate(records);
}

uint64_t Engine::AppendMarker(const Marker& marker) {
  const uint64_t index =
      impl_->log.Append({.type = marker.type, .value = marker.value});
  impl_->log.Announce();
  return index;
}

void Engine::EndWrites() { impl_->log.EndWaits(); }
uint64_t Engine::CloseGate() { return impl_->log.CloseGate(); }

uint64_t Engine::gate() const { return impl_->log.gate(); }

// --- The replica's side

absl::Status Engine::Apply(std::string_view records) {
  Impl& impl = *impl_;
  // What this node wrote as a master may still be on its way to the disk.
  if (!impl.PersistAll()) return impl.log.health();
  const uint64_t first = impl.log.last_index() + 1;
  const auto decoded = DecodeRun(records, first);
  if (!decoded.ok()) return decoded.status();
  if (decoded->empty()) return absl::OkStatus();
  if (!impl.log.healthy()) return impl.log.health();
  // The master waits for its own memory to be freed, not for a replica's: which goes on
  // after a moment, because its thread answers others, too.
  if (!impl.reclaimer->HasRoom()) {
    impl.reclaimer->AwaitRoom(impl.clock.Mono() + absl::Milliseconds(100))
        .IgnoreError();
  }

  const bool sync = impl.options.fsync == FsyncPolicy::kAlways;
  if (impl.storage != nullptr) {
    const absl::Status written = impl.storage->AppendLog(
        first, decoded->back().record.index, records, sync);
    if (!written.ok()) {
      impl.log.Fail(written);
      return impl.log.health();
    }
  }
  // Before the log tells of them: a checkpoint counts on it that every record up
  // to last_index() is in its shard.
  impl.applying = decoded->back().record.index;
  for (const EncodedRecord& each : *decoded) impl.data.Apply(each.record);
  impl.log.AppendPersisted(*decoded, sync);
  return absl::OkStatus();
}

absl::Status Engine::BeginStaging(uint64_t begin_index,
                                  uint64_t keys_estimate) {
  impl_->staging.reset();
  impl_->rewind.reset();
  if (impl_->storage != nullptr) {
    if (absl::Status s = impl_->storage->BeginStaging(begin_index); !s.ok()) {
      impl_->log.Fail(s);
      return impl_->log.health();
    }
  }
  impl_->sync_work.emplace(*impl_->works, "full_sync", keys_estimate, 0);
  impl_->staging.emplace(
      impl_->storage.get(),
      Keyspaces(impl_->keyspace_options(), impl_->data.shards(), *impl_->pool),
      begin_index, impl_->options.log_memory_bytes);
  return absl::OkStatus();
}

absl::Status Engine::StageEntries(std::string_view records) {
  if (!impl_->rewind && !impl_->staging)
    return absl::FailedPreconditionError("nothing is staged");
  const absl::StatusOr<size_t> added =
      impl_->rewind ? impl_->rewind->AddEntries(records)
                    : impl_->staging->AddEntries(records);
  if (added.ok()) impl_->sync_work->Add(*added, records.size());
  return impl_->Staged(added.status());
}

absl::Status Engine::StageLog(std::string_view records) {
  if (!impl_->rewind && !impl_->staging)
    return absl::FailedPreconditionError("nothing is staged");
  const absl::Status added = impl_->rewind ? impl_->rewind->AddLog(records)
                                           : impl_->staging->AddLog(records);
  // What is written meanwhile comes on top of the keys that were counted.
  if (added.ok()) impl_->sync_work->Add(0, records.size());
  return impl_->Staged(added);
}

absl::Status Engine::CommitStaging(const MetaMap& meta) {
  Impl& impl = *impl_;
  if (impl.rewind) return impl.CommitRewind(meta);
  if (!impl.staging) return absl::FailedPreconditionError("nothing is staged");
  if (!impl.PersistAll()) return impl.log.health();
  if (!impl.log.healthy()) return impl.log.health();
  std::optional<Checkpointer::Pause> pause;
  if (impl.storage != nullptr) {
    pause.emplace(*impl.checkpointer);
    if (absl::Status s = impl.storage->CommitStaging(meta); !s.ok()) {
      impl.log.Fail(s);
      return impl.log.health();
    }
  }
  impl.meta.Adopt(meta);
  impl.data.Replace(impl.staging->TakeKeyspaces());
  impl.log.Replace(impl.staging->TakeRing());
  impl.applying = 0;
  impl.staging.reset();
  impl.sync_work.reset();
  return absl::OkStatus();
}

void Engine::DropStaging() {
  impl_->rewind.reset();
  impl_->sync_work.reset();
  if (!impl_->staging) return;
  impl_->staging.reset();
  if (impl_->storage == nullptr) return;
  if (absl::Status s = impl_->storage->DropStaging(); !s.ok())
    impl_->log.Fail(s);
}

// --- The log

DatabaseNumbers Engine::database_numbers() const {
  return DatabaseNumbers(impl_->data.MapBytes());
}

std::string Engine::database_map() const { return impl_->data.MapBytes(); }

uint64_t Engine::last_index() const { return impl_->log.last_index(); }
uint64_t Engine::persisted_index() const {
  return impl_->log.persisted_index();
}
uint64_t Engine::durable_index() const { return impl_->log.durable_index(); }
uint64_t Engine::visible_index() const {
  return std::max<uint64_t>(impl_->applying, impl_->log.last_index());
}
uint64_t Engine::appended_bytes() const { return impl_->log.appended_bytes(); }

void Engine::HurryPersisted() { impl_->log.Hurry(); }

void Engine::WakeWithNext(bool wake) { impl_->log.WakeWithNext(wake); }

void Engine::RequestSync(uint64_t index) {
  if (impl_->syncer.has_value()) impl_->syncer->Request(index);
}

absl::StatusOr<LogSlice> Engine::ReadLog(uint64_t from,
                                         size_t bytes_max) const {
  if (from > impl_->log.last_index()) return LogSlice{};
  LogSlice slice = impl_->log.Read(from, bytes_max);
  if (slice.first != 0) return slice;
  if (impl_->storage == nullptr || from == 0) {
    return absl::OutOfRangeError(
        absl::StrCat("the log no longer holds record ", from));
  }
  return impl_->storage->ReadLog(from, bytes_max);
}

std::unique_ptr<StateWalk> Engine::Walk() const {
  return std::make_unique<ShardWalk>(impl_->data, impl_->log.last_index());
}

Signal& Engine::appended() const { return impl_->log.appended(); }
Signal& Engine::persisted() const { return impl_->log.persisted(); }
Signal& Engine::durable() const { return impl_->log.durable(); }
SyncTurns& Engine::sync_turns() const { return impl_->log.sync_turns(); }

// --- Named values

absl::Status Engine::WriteMeta(std::string_view name, std::string_view value) {
  const Log::Mark mark = impl_->log.persisted_mark();
  if (absl::Status s = impl_->meta.Write(name, value); !s.ok()) {
    impl_->log.Fail(s);
    return impl_->log.health();
  }
  impl_->log.MarkDurable(mark);
  return absl::OkStatus();
}

std::string Engine::ReadMeta(std::string_view name) const {
  return impl_->meta.Read(name);
}

absl::Status Engine::health() const {
  return impl_->log.accepts() ? absl::OkStatus() : impl_->log.health();
}
absl::Status Engine::storage_health() const {
  return impl_->log.healthy() ? absl::OkStatus() : impl_->log.health();
}
bool Engine::memory_only() const { return impl_->storage == nullptr; }

// --- What the threads do by themselves

absl::Status Engine::Persist() {
  return impl_->PersistAll() ? absl::OkStatus() : impl_->log.health();
}

absl::Status Engine::Sync() {
  if (memory_only()) return absl::OkStatus();
  return impl_->syncer->SyncNow().ok() ? absl::OkStatus() : impl_->log.health();
}

absl::Status Engine::Backup(const std::string& dir, const MetaMap& labels,
                            const Limit& limit) {
  if (memory_only()) {
    return absl::FailedPreconditionError(
        "a node without data_dir has no files to back up");
  }
  if (!impl_->options.background) {
    if (absl::Status s = Persist(); !s.ok()) return s;
  }
  if (absl::Status s =
          impl_->log.AwaitPersisted(impl_->log.last_index(), limit);
      !s.ok()) {
    return s;
  }
  MetaMap all_labels = labels;
  all_labels[std::string(kKeysLabel)] = absl::StrCat(status().keys);
  ProgressItem work(*impl_->works);
  return impl_->storage->Backup(dir, all_labels, work.listener(), limit);
}

std::vector<Work> Engine::works() const { return impl_->works->list(); }

absl::Status Engine::Checkpoint() {
  if (memory_only()) return absl::OkStatus();
  // A pass waits for the log, and without a flusher would wait for ever.
  if (absl::Status s = Persist(); !s.ok()) return s;
  return impl_->checkpointer->RunOnce();
}

size_t Engine::DeleteExpired() { return impl_->housekeeper->RunOnce(); }

}  // namespace vigil::engine
