#include "engine/engine.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/checkpointer.h"
#include "engine/data_set.h"
#include "engine/expirer.h"
#include "engine/flusher.h"
#include "engine/log.h"
#include "engine/meta_table.h"
#include "engine/recovery.h"
#include "engine/staging.h"
#include "engine/state_walk.h"
#include "engine/syncer.h"

namespace vigil::engine {
namespace {

absl::Status CheckKey(std::string_view key, const EngineOptions& options) {
  if (key.empty()) return absl::InvalidArgumentError("the key is empty");
  if (key.size() > options.key_bytes_max) {
    return absl::InvalidArgumentError(absl::StrCat("the key has ", key.size(),
                                                   " bytes; key_bytes_max is ",
                                                   options.key_bytes_max));
  }
  return absl::OkStatus();
}

absl::Status CheckValue(std::string_view value, const EngineOptions& options) {
  if (value.size() > options.value_bytes_max) {
    return absl::InvalidArgumentError(
        absl::StrCat("the value has ", value.size(),
                     " bytes; value_bytes_max is ", options.value_bytes_max));
  }
  return absl::OkStatus();
}

absl::Status NotMaster() {
  return absl::FailedPreconditionError("this node is not the master");
}

}  // namespace

// The parts, in the order in which they need each other. The workers exist only
// with a storage, except for expiry.
class Engine::Impl {
 public:
  Impl(const EngineOptions& engine_options,
       std::unique_ptr<Storage> engine_storage, Recovered recovered,
       MetaMap values, const Clock& engine_clock)
      : options(engine_options),
        clock(engine_clock),
        storage(std::move(engine_storage)),
        meta(storage.get(), std::move(values)),
        data(std::move(recovered.keyspaces)),
        log(std::move(recovered.ring), options.log_memory_bytes,
            /*memory_only=*/storage == nullptr) {
    if (storage != nullptr) {
      syncer.emplace(log, *storage, options.fsync);
      flusher.emplace(log, *storage, *syncer,
                      options.fsync == FsyncPolicy::kAlways);
      checkpointer.emplace(data, log, *storage, options.checkpoint_period,
                           options.log_disk_bytes);
    }
    expirer.emplace(data, log, clock, options.expire_period);
  }

  ~Impl() {
    // 1. Nothing makes records any more.
    log.CloseGate();
    expirer->Stop();
    if (storage == nullptr) return;
    // 2. While the flusher still runs: a checkpoint may be waiting for it.
    checkpointer->Stop();
    // 3. The rest of the log goes to the operating system, ...
    flusher->Stop();
    // 4. ... then to the disk.
    syncer->Stop();
    if (log.healthy() && log.durable_index() < log.last_index()) {
      // Nobody is left to hear of a failure: whoever asked for durability has
      // waited for durable_index().
      syncer->SyncNow().IgnoreError();
    }
  }

  // The answer to a staging call: bad input is the sender's fault and passes, a
  // failed storage is ours.
  absl::Status Staged(const absl::Status& s) {
    if (s.ok() || absl::IsDataLoss(s) || absl::IsOutOfRange(s)) return s;
    log.Fail(s);
    return log.health();
  }

  const EngineOptions options;
  const Clock& clock;
  const std::unique_ptr<Storage> storage;  // null: memory only
  MetaTable meta;
  DataSet data;
  Log log;
  std::optional<Syncer> syncer;
  std::optional<Flusher> flusher;
  std::optional<Checkpointer> checkpointer;
  std::optional<Expirer> expirer;
  std::optional<Staging> staging;  // used by the replica's side only
};

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Engine::~Engine() = default;

absl::StatusOr<std::unique_ptr<Engine>> Engine::Open(
    const EngineOptions& options, std::unique_ptr<Storage> storage,
    const Clock& clock, Logger logger) {
  const auto shards = static_cast<size_t>(options.shards);
  Recovered recovered{std::vector<Keyspace>(shards), LogRing(0)};
  MetaMap values;
  if (storage != nullptr) {
    absl::StatusOr<MetaMap> stored = storage->ReadMeta();
    if (!stored.ok()) return stored.status();
    values = *std::move(stored);
    absl::StatusOr<Recovered> loaded =
        Recover(*storage, shards, options.log_memory_bytes);
    if (!loaded.ok()) return loaded.status();
    recovered = *std::move(loaded);
    vigil::Log(
        logger, LogLevel::kNotice,
        absl::StrCat("data loaded: log ends at ", recovered.ring.last_index(),
                     ", checkpoint at ", storage->checkpoint()));
  }
  return std::unique_ptr<Engine>(new Engine(
      std::make_unique<Impl>(options, std::move(storage), std::move(recovered),
                             std::move(values), clock)));
}

// --- Reads

std::optional<Entry> Engine::Get(std::string_view key) const {
  const WallTime now = impl_->clock.Wall();
  return impl_->data.ReadKey(key, [&](const Keyspace& keyspace) {
    const Entry* entry = keyspace.Find(key, now);
    return entry == nullptr ? std::nullopt : std::optional<Entry>(*entry);
  });
}

bool Engine::Exists(std::string_view key) const {
  const WallTime now = impl_->clock.Wall();
  return impl_->data.ReadKey(key, [&](const Keyspace& keyspace) {
    return keyspace.Find(key, now) != nullptr;
  });
}

void Engine::ForEach(
    absl::FunctionRef<void(std::string_view, const Entry&)> visit) const {
  const WallTime now = impl_->clock.Wall();
  for (size_t shard = 0; shard < impl_->data.shards(); ++shard) {
    std::vector<std::pair<std::string, Entry>> copy;
    impl_->data.Read(shard, [&](const Keyspace& keyspace) {
      copy.reserve(keyspace.size());
      keyspace.ForEach([&](std::string_view key, const Entry& entry) {
        if (!IsExpired(entry, now)) copy.emplace_back(key, entry);
      });
    });
    for (const auto& [key, entry] : copy) visit(key, entry);
  }
}

EngineStatus Engine::status() const {
  EngineStatus status;
  for (size_t shard = 0; shard < impl_->data.shards(); ++shard) {
    status.keys += impl_->data.Read(
        shard, [](const Keyspace& keyspace) { return keyspace.size(); });
  }
  // From the lowest up, so that they are in order although writers go on.
  status.checkpoint_index = memory_only() ? 0 : impl_->storage->checkpoint();
  status.durable_index = durable_index();
  status.persisted_index = persisted_index();
  status.last_index = last_index();
  status.log_first_index = impl_->log.first_index();
  status.log_memory_bytes = impl_->log.bytes();
  status.expired_keys = impl_->expirer->expired();
  status.health = health();
  return status;
}

// --- Writes

absl::StatusOr<uint64_t> Engine::Set(std::string_view key,
                                     std::string_view value,
                                     WallTime expires_at, MonoTime deadline) {
  if (absl::Status s = CheckKey(key, impl_->options); !s.ok()) return s;
  if (absl::Status s = CheckValue(value, impl_->options); !s.ok()) return s;
  if (absl::Status s = impl_->log.Admit(deadline); !s.ok()) return s;
  RecordView record{.type = RecordType::kSet,
                    .index = 0,
                    .expires_at = expires_at,
                    .key = key,
                    .value = value};
  impl_->data.WriteKey(key, [&](Keyspace& keyspace) {
    record.index = impl_->log.Append(record);
    if (record.index != 0) keyspace.Apply(record);
  });
  if (record.index == 0) return NotMaster();
  impl_->log.Announce();
  return record.index;
}

absl::StatusOr<Engine::Deleted> Engine::Delete(std::string_view key,
                                               MonoTime deadline) {
  if (absl::Status s = CheckKey(key, impl_->options); !s.ok()) return s;
  if (absl::Status s = impl_->log.Admit(deadline); !s.ok()) return s;
  const WallTime now = impl_->clock.Wall();
  RecordView record{.type = RecordType::kDelete, .key = key};
  const bool existed = impl_->data.WriteKey(key, [&](Keyspace& keyspace) {
    if (keyspace.Find(key, now) == nullptr) return false;
    record.index = impl_->log.Append(record);
    if (record.index != 0) keyspace.Apply(record);
    return true;
  });
  if (!existed) return Deleted{};
  if (record.index == 0) return NotMaster();
  impl_->log.Announce();
  return Deleted{.index = record.index};
}

// --- The write gate

uint64_t Engine::OpenGate(const std::vector<Marker>& markers) {
  std::vector<RecordView> records;
  for (const Marker& marker : markers) {
    records.push_back({.type = marker.type, .value = marker.value});
  }
  return impl_->log.OpenGate(records);
}

uint64_t Engine::CloseGate() { return impl_->log.CloseGate(); }

// --- The replica's side

absl::Status Engine::Apply(std::string_view records) {
  Impl& impl = *impl_;
  // What this node wrote as a master may still be on its way to the disk.
  if (!impl.log.AwaitPersisted(impl.log.last_index())) return health();
  const uint64_t first = impl.log.last_index() + 1;
  const auto decoded = DecodeRun(records, first);
  if (!decoded.ok()) return decoded.status();
  if (decoded->empty()) return absl::OkStatus();
  if (!impl.log.healthy()) return health();

  const bool sync = impl.options.fsync == FsyncPolicy::kAlways;
  if (impl.storage != nullptr) {
    const absl::Status written = impl.storage->AppendLog(
        first, decoded->back().record.index, records, sync);
    if (!written.ok()) {
      impl.log.Fail(written);
      return health();
    }
  }
  // Before the log tells of them: a checkpoint counts on it that every record up
  // to last_index() is in its shard.
  for (const EncodedRecord& each : *decoded) {
    impl.data.WriteKey(each.record.key, [&](Keyspace& keyspace) {
      keyspace.Apply(each.record);
    });
  }
  impl.log.AppendPersisted(*decoded, sync);
  if (impl.syncer.has_value()) impl.syncer->Persisted();
  return absl::OkStatus();
}

absl::Status Engine::BeginStaging(uint64_t begin_index) {
  impl_->staging.reset();
  if (impl_->storage != nullptr) {
    if (absl::Status s = impl_->storage->BeginStaging(begin_index); !s.ok()) {
      impl_->log.Fail(s);
      return health();
    }
  }
  impl_->staging.emplace(impl_->storage.get(), impl_->data.shards(),
                         begin_index, impl_->options.log_memory_bytes);
  return absl::OkStatus();
}

absl::Status Engine::StageEntries(std::string_view records) {
  if (!impl_->staging)
    return absl::FailedPreconditionError("nothing is staged");
  return impl_->Staged(impl_->staging->AddEntries(records));
}

absl::Status Engine::StageLog(std::string_view records) {
  if (!impl_->staging)
    return absl::FailedPreconditionError("nothing is staged");
  return impl_->Staged(impl_->staging->AddLog(records));
}

absl::Status Engine::CommitStaging(const MetaMap& meta) {
  Impl& impl = *impl_;
  if (!impl.staging) return absl::FailedPreconditionError("nothing is staged");
  if (!impl.log.AwaitPersisted(impl.log.last_index())) return health();
  if (!impl.log.healthy()) return health();
  std::optional<Checkpointer::Pause> pause;
  if (impl.storage != nullptr) {
    pause.emplace(*impl.checkpointer);
    if (absl::Status s = impl.storage->CommitStaging(meta); !s.ok()) {
      impl.log.Fail(s);
      return health();
    }
  }
  impl.meta.Adopt(meta);
  impl.data.Replace(impl.staging->TakeKeyspaces());
  impl.log.Replace(impl.staging->TakeRing());
  impl.staging.reset();
  return absl::OkStatus();
}

void Engine::DropStaging() {
  if (!impl_->staging) return;
  impl_->staging.reset();
  if (impl_->storage == nullptr) return;
  if (absl::Status s = impl_->storage->DropStaging(); !s.ok())
    impl_->log.Fail(s);
}

// --- The log

uint64_t Engine::last_index() const { return impl_->log.last_index(); }
uint64_t Engine::persisted_index() const {
  return impl_->log.persisted_index();
}
uint64_t Engine::durable_index() const { return impl_->log.durable_index(); }

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

// --- Named values

absl::Status Engine::WriteMeta(std::string_view name, std::string_view value) {
  const Log::Mark mark = impl_->log.persisted_mark();
  if (absl::Status s = impl_->meta.Write(name, value); !s.ok()) {
    impl_->log.Fail(s);
    return health();
  }
  impl_->log.MarkDurable(mark);
  return absl::OkStatus();
}

std::string Engine::ReadMeta(std::string_view name) const {
  return impl_->meta.Read(name);
}

absl::Status Engine::health() const { return impl_->log.health(); }
bool Engine::memory_only() const { return impl_->storage == nullptr; }

// --- What the threads do by themselves

absl::Status Engine::Sync() {
  if (memory_only()) return absl::OkStatus();
  if (!impl_->log.AwaitPersisted(impl_->log.last_index())) return health();
  return impl_->syncer->SyncNow().ok() ? absl::OkStatus() : health();
}

absl::Status Engine::Checkpoint() {
  if (memory_only()) return absl::OkStatus();
  return impl_->checkpointer->RunOnce();
}

size_t Engine::DeleteExpired() { return impl_->expirer->RunOnce(); }

}  // namespace vigil::engine
