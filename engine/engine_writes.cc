// The writes of an engine: decided and applied under the lock of the shards concerned,
// one record each.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/batch.h"
#include "engine/engine_impl.h"

namespace vigil::engine {
namespace {

absl::Status NotMaster() {
  return absl::FailedPreconditionError("this node is not the master");
}

// What may be needed beside key and value: a cell's fields, a slot, some rounding.
constexpr size_t kKeyOverhead = 64;

// Whether a mutation may take more memory than the key has now.
bool Grows(const Mutation& mutation) {
  if (mutation.kind == Mutation::Kind::kSetRange)
    return !mutation.value.empty();
  return mutation.kind != Mutation::Kind::kDelete &&
         mutation.kind != Mutation::Kind::kExpire &&
         mutation.kind != Mutation::Kind::kCheck;
}

size_t BytesNeeded(const Mutation& mutation) {
  return Grows(mutation) ? mutation.key.size() + mutation.value.size() +
                               mutation.offset + kKeyOverhead
                         : 0;
}

OperationKind KindOf(const Mutation& mutation) {
  switch (mutation.kind) {
    case Mutation::Kind::kSet:
      return OperationKind::kSet;
    case Mutation::Kind::kDelete:
      return OperationKind::kDelete;
    case Mutation::Kind::kExpire:
      return mutation.expires_at == WallTime{} ? OperationKind::kPersist
                                               : OperationKind::kExpire;
    case Mutation::Kind::kIncrement:
      return OperationKind::kIncrement;
    case Mutation::Kind::kIncrementFloat:
      return OperationKind::kIncrementFloat;
    case Mutation::Kind::kAppend:
      return OperationKind::kAppend;
    case Mutation::Kind::kSetRange:
      return OperationKind::kSetRange;
    case Mutation::Kind::kRename:
      return OperationKind::kRename;
    case Mutation::Kind::kCheck:
      break;
  }
  return OperationKind::kBatch;
}

KeyState StateOf(const Cell* cell) {
  if (cell == nullptr) return {};
  return {.exists = true,
          .value = cell->value(),
          .version = cell->version(),
          .expires_at = cell->expires_at()};
}

}  // namespace

// --- Memory

// `bytes`: what the write may need, 0 if it frees rather than takes.
absl::Status Engine::Impl::Admit(size_t bytes, MonoTime deadline) {
  if (absl::Status s = log.Admit(deadline); !s.ok()) return s;
  return options.max_memory == 0 || bytes == 0 ? absl::OkStatus()
                                               : MakeRoom(bytes);
}

absl::Status Engine::Impl::MakeRoom(size_t bytes) {
  if (bytes > options.max_memory) {
    // Nobody is evicted in vain.
    return absl::ResourceExhaustedError(absl::StrCat("the write needs ", bytes,
                                                     " bytes, max_memory is ",
                                                     options.max_memory));
  }
  size_t fruitless = 0;
  while (data.used_bytes() + bytes > options.max_memory) {
    if (fruitless == data.shards()) {
      return absl::ResourceExhaustedError(
          absl::StrCat("memory is full: ", data.used_bytes(),
                       " bytes in use, max_memory is ", options.max_memory,
                       ", and nothing can be evicted"));
    }
    fruitless = EvictOne(eviction_shard++ % data.shards()) ? 0 : fruitless + 1;
  }
  return absl::OkStatus();
}

bool Engine::Impl::EvictOne(size_t shard) {
  const bool gone = data.Write(shard, [&](Keyspace& keyspace) {
    const Cell* const victim = keyspace.Victim();
    if (victim == nullptr) return false;
    RecordView record{.type = RecordType::kDelete,
                      .key = victim->key(),
                      .database = victim->database(),
                      .cause = Cause::kEvicted};
    record.index = log.Append(record);
    if (record.index == 0) return false;
    return keyspace.Apply(keyspace.HashOf(*victim), record);
  });
  if (!gone) return false;
  ++evicted;
  log.Announce();
  return true;
}

// --- One key

absl::StatusOr<MutationResult> Engine::Mutate(const Mutation& mutation,
                                              MonoTime deadline) {
  if (mutation.kind == Mutation::Kind::kRename) {
    auto results = MutateMany({&mutation, 1}, deadline);
    // One write whose condition does not hold is an answer, not an error.
    if (absl::IsAborted(results.status())) return MutationResult{};
    if (!results.ok()) return results.status();
    return std::move(results->front());
  }
  Impl& impl = *impl_;
  OperationTimer timer(impl.insight, impl.clock, KindOf(mutation),
                       mutation.database, mutation.key);
  timer.set_value_bytes(mutation.value.size());
  if (absl::Status s = Validate(mutation, impl.limits()); !s.ok()) return s;
  if (absl::Status s = impl.Admit(BytesNeeded(mutation), deadline); !s.ok())
    return s;

  const uint8_t database = impl.data.Physical(mutation.database);
  const uint64_t hash = impl.data.Hash(database, mutation.key);
  MutationResult result;
  absl::Status decided = impl.data.WriteHash(hash, [&](Keyspace& keyspace) {
    Cell* const found = keyspace.FindStored(hash, database, mutation.key);
    const Cell* cell = found;
    WallTime now;
    if (mutation.kind == Mutation::Kind::kExpire ||
        (cell != nullptr && cell->expires())) {
      now = impl.clock.Wall();
      if (cell != nullptr && cell->ExpiredAt(now)) cell = nullptr;
    }
    Effect effect;
    absl::Status s =
        Decide(mutation, StateOf(cell), now, impl.limits(), effect, result);
    if (!s.ok() || !effect.type) return s;
    RecordView record{.type = *effect.type,
                      .expires_at = effect.expires_at,
                      .key = mutation.key,
                      .value = effect.value,
                      .database = database};
    record.index = impl.log.Append(record);
    if (record.index == 0) return NotMaster();
    keyspace.Apply(hash, record, found);
    result.index = record.index;
    return absl::OkStatus();
  });
  if (!decided.ok()) return decided;
  if (result.index != 0) impl.log.Announce();
  return result;
}

absl::StatusOr<uint64_t> Engine::Set(std::string_view key,
                                     std::string_view value,
                                     WallTime expires_at, MonoTime deadline) {
  const auto result = Mutate({.kind = Mutation::Kind::kSet,
                              .key = key,
                              .value = value,
                              .expires_at = expires_at},
                             deadline);
  if (!result.ok()) return result.status();
  return result->index;
}

absl::StatusOr<Engine::Deleted> Engine::Delete(std::string_view key,
                                               MonoTime deadline) {
  const auto result =
      Mutate({.kind = Mutation::Kind::kDelete, .key = key}, deadline);
  if (!result.ok()) return result.status();
  return Deleted{.index = result->index};
}

// --- Several keys

absl::StatusOr<std::vector<MutationResult>> Engine::MutateMany(
    absl::Span<const Mutation> mutations, MonoTime deadline) {
  Impl& impl = *impl_;
  const OperationTimer timer(impl.insight, impl.clock, OperationKind::kBatch, 0,
                             {});
  size_t needed = 0;
  std::vector<Mutation> physical(mutations.begin(), mutations.end());
  std::vector<size_t> shards;
  for (Mutation& mutation : physical) {
    if (absl::Status s = Validate(mutation, impl.limits()); !s.ok()) return s;
    needed += BytesNeeded(mutation);
    mutation.database = impl.data.Physical(mutation.database);
    const auto add = [&](std::string_view key) {
      shards.push_back(
          ShardOf(impl.data.Hash(mutation.database, key), impl.data.shards()));
    };
    add(mutation.key);
    if (mutation.kind == Mutation::Kind::kRename) add(mutation.value);
  }
  std::sort(shards.begin(), shards.end());
  shards.erase(std::unique(shards.begin(), shards.end()), shards.end());
  if (absl::Status s = impl.Admit(needed, deadline); !s.ok()) return s;

  const WallTime now = impl.clock.Wall();
  Batch batch;
  uint64_t index = 0;
  absl::Status decided = impl.data.WriteMany(shards, [&](auto at) {
    const auto lookup = [&](uint8_t database, std::string_view key) {
      const uint64_t hash = impl.data.Hash(database, key);
      return StateOf(
          at(ShardOf(hash, impl.data.shards())).Find(hash, database, key, now));
    };
    absl::Status s = batch.Decide(physical, lookup, now, impl.limits());
    if (!s.ok() || batch.empty()) return s;
    const std::string effects = batch.Encode();
    // No larger than what every link and buffer is made for.
    if (effects.size() > impl.batch_bytes_max()) {
      return absl::InvalidArgumentError(
          absl::StrCat("the batch has ", effects.size(),
                       " bytes; allowed: ", impl.batch_bytes_max()));
    }
    RecordView record{.type = RecordType::kBatch, .value = effects};
    record.index = impl.log.Append(record);
    if (record.index == 0) return NotMaster();
    impl.data.ApplyLocked(record, at);
    index = record.index;
    return absl::OkStatus();
  });
  if (!decided.ok()) return decided;
  if (index != 0) impl.log.Announce();
  for (MutationResult& result : batch.results()) result.index = index;
  return std::move(batch.results());
}

// --- Whole databases: all shards are locked for the moment that it takes to say so.

absl::StatusOr<uint64_t> Engine::Impl::WriteOwn(const std::string& effects) {
  RecordView record{.type = RecordType::kBatch, .value = effects};
  data.WriteMany(data.AllShards(), [&](auto at) {
    record.index = log.Append(record);
    if (record.index != 0) data.ApplyLocked(record, at);
  });
  if (record.index == 0) return NotMaster();
  log.Announce();
  return record.index;
}

absl::StatusOr<uint64_t> Engine::Flush(absl::Span<const int> databases,
                                       MonoTime deadline) {
  const OperationTimer timer(impl_->insight, impl_->clock,
                             OperationKind::kFlush, 0, {});
  if (absl::Status s = impl_->log.Admit(deadline); !s.ok()) return s;
  std::string effects;
  for (const int database : databases) {
    AppendEffect({.type = RecordType::kSet,
                  .key = FlushKey(impl_->data.Physical(database)),
                  .database = kOwnDatabase},
                 effects);
  }
  return impl_->WriteOwn(effects);
}

absl::StatusOr<uint64_t> Engine::SwapDatabases(int a, int b,
                                               MonoTime deadline) {
  const OperationTimer timer(impl_->insight, impl_->clock, OperationKind::kSwap,
                             0, {});
  // Before the lock: whoever holds it waits for nothing.
  if (absl::Status s = impl_->log.Admit(deadline); !s.ok()) return s;
  // One at a time: each starts from what the last one left.
  MutexLock lock(impl_->swap_mu);
  std::string map = impl_->data.DatabaseMap();
  std::swap(map[static_cast<size_t>(a)], map[static_cast<size_t>(b)]);
  std::string effects;
  AppendEffect({.type = RecordType::kSet,
                .key = kMapKey,
                .value = map,
                .database = kOwnDatabase},
               effects);
  return impl_->WriteOwn(effects);
}

}  // namespace vigil::engine
