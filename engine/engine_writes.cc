// The writes of an engine: decided and applied under the lock of the shards concerned,
// one record each.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/batch.h"
#include "engine/engine_impl.h"
#include "engine/no_room.h"

namespace vigil::engine {
namespace {

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

// A write begins again when others took the room that was made for it, or swapped the
// databases: so often whatever its deadline is.
constexpr int kRoundsMin = 16;

absl::Status OthersWereFaster() {
  return NoRoomError(
      "other writers took the memory, or swapped the databases, each time that "
      "this write was to be applied");
}

}  // namespace

// --- One key

absl::StatusOr<bool> Engine::Impl::TryOne(const Mutation& mutation,
                                          MutationResult& result,
                                          MemoryNeed& need) {
  bool done = true;
  const auto write = [&](Keyspace& keyspace, DataSet::Place at) {
    Cell* const found = keyspace.FindStored(at.hash, at.database, mutation.key);
    const Cell* cell = found;
    WallTime now;
    if (mutation.kind == Mutation::Kind::kExpire ||
        (cell != nullptr && cell->expires())) {
      now = clock.Wall();
      if (cell != nullptr && cell->ExpiredAt(now)) cell = nullptr;
    }
    Effect effect;
    absl::Status s =
        Decide(mutation, StateOf(cell), now, limits(), effect, result);
    if (!s.ok() || !effect.type) return s;
    if (*effect.type == RecordType::kSet) {
      need.after = MemoryNeed::Of(mutation.key, effect.value);
      if (found != nullptr)
        need.before = MemoryNeed::Of(mutation.key, found->value());
      done = Fits(need);
      if (!done) return absl::OkStatus();
    }
    RecordView record{.type = *effect.type,
                      .expires_at = effect.expires_at,
                      .key = mutation.key,
                      .value = effect.value,
                      .database = at.database};
    record.index = log.Append(record);
    if (record.index == 0) return NotMaster();
    keyspace.Apply(at.hash, record, found);
    result.index = record.index;
    return absl::OkStatus();
  };
  if (absl::Status s = data.WriteKey(mutation.database, mutation.key, write);
      !s.ok()) {
    return s;
  }
  return done;
}

absl::StatusOr<MutationResult> Engine::Mutate(const Mutation& mutation,
                                              MonoTime deadline, Note* note) {
  Impl& impl = *impl_;
  OperationTimer timer(impl.insight, impl.clock, KindOf(mutation),
                       mutation.database, mutation.key);
  timer.set_value_bytes(mutation.value.size());
  if (mutation.kind == Mutation::Kind::kRename || note != nullptr) {
    auto results = impl.WriteMany({&mutation, 1}, /*one=*/true, deadline, note);
    if (!results.ok()) return results.status();
    return std::move(results->front());
  }
  if (absl::Status s = Validate(mutation, impl.limits()); !s.ok()) return s;
  if (absl::Status s = impl.Admit(deadline); !s.ok()) return s;
  for (int rounds = 0;;) {
    MutationResult result;
    MemoryNeed need;
    const absl::StatusOr<bool> done = impl.TryOne(mutation, result, need);
    if (!done.ok()) return done.status();
    if (*done) {
      if (result.index != 0) impl.log.Announce();
      return result;
    }
    // Without the lock: victims are in other shards, too.
    if (absl::Status s = impl.MakeRoom(need, deadline); !s.ok()) return s;
    if (++rounds > kRoundsMin && impl.clock.Mono() >= deadline)
      return OthersWereFaster();
  }
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

absl::StatusOr<uint64_t> Engine::AppendEmpty(MonoTime deadline) {
  Impl& impl = *impl_;
  if (absl::Status s = impl.Admit(deadline); !s.ok()) return s;
  const uint64_t index = impl.log.Append({.type = RecordType::kBatch});
  if (index == 0) return Impl::NotMaster();
  impl.log.Announce();
  return index;
}

// --- Several keys

// The shards of all keys, in ascending order. The mutations' databases are physical.
std::vector<size_t> Engine::Impl::ShardsOf(absl::Span<const Mutation> mutations,
                                           const Note* note) const {
  std::vector<size_t> shards;
  const auto add = [&](uint8_t database, std::string_view key) {
    shards.push_back(ShardOf(data.Hash(database, key), data.shards()));
  };
  for (const Mutation& mutation : mutations) {
    add(mutation.database, mutation.key);
    if (mutation.kind == Mutation::Kind::kRename)
      add(mutation.database, mutation.value);
  }
  if (note != nullptr) add(kOwnDatabase, note->key);
  std::sort(shards.begin(), shards.end());
  shards.erase(std::unique(shards.begin(), shards.end()), shards.end());
  return shards;
}

void Engine::Impl::AddNote(const Note& note, std::string value,
                           std::string& effects) {
  AppendEffect({.type = RecordType::kSet,
                .expires_at = note.expires_at,
                .key = note.key,
                .value = value,
                .database = kOwnDatabase},
               effects);
}

absl::StatusOr<bool> Engine::Impl::TryMany(absl::Span<const Mutation> mutations,
                                           bool one, Note* note, Try& attempt) {
  std::vector<Mutation> physical(mutations.begin(), mutations.end());
  for (Mutation& mutation : physical)
    mutation.database = data.Physical(mutation.database);
  const WallTime now = clock.Wall();
  const auto write = [&](auto at) -> absl::StatusOr<bool> {
    for (size_t i = 0; i < mutations.size(); ++i) {
      // A swap came before the locks: these are the shards of other keys.
      if (at.Physical(mutations[i].database) != physical[i].database)
        return false;
    }
    const auto lookup = [&](uint8_t database, std::string_view key) {
      const uint64_t hash = data.Hash(database, key);
      return StateOf(
          at(ShardOf(hash, data.shards())).Find(hash, database, key, now));
    };
    if (note != nullptr) {
      absl::Status s = note->check(lookup(kOwnDatabase, note->key));
      if (!s.ok()) return s;
    }
    Batch& batch = attempt.batch;
    absl::Status& verdict = attempt.verdict;
    verdict = one ? batch.DecideOne(physical[0], lookup, now, limits())
                  : batch.Decide(physical, lookup, now, limits());
    // One write whose condition does not hold is an answer, not an error.
    if (one && absl::IsAborted(verdict)) {
      verdict = absl::OkStatus();
      batch.Become({MutationResult{}});
    }
    std::string effects = verdict.ok() ? batch.Encode() : std::string();
    // No larger than what every link and buffer is made for.
    if (effects.size() > batch_bytes_max()) {
      verdict = absl::InvalidArgumentError(
          absl::StrCat("the batch has ", effects.size(),
                       " bytes; allowed: ", batch_bytes_max()));
    }
    if (!verdict.ok()) {
      effects.clear();
      batch.Become({});
    }
    attempt.need = batch.Need(lookup);
    if (!Fits(attempt.need)) return false;
    if (note != nullptr) {
      std::string value = note->value(verdict, batch.results());
      if (!effects.empty() || note->always)
        AddNote(*note, std::move(value), effects);
    }
    if (effects.empty()) return true;
    RecordView record{.type = RecordType::kBatch, .value = effects};
    record.index = log.Append(record, note == nullptr ? 0 : note->gate);
    if (record.index == 0) return NotMaster();
    data.ApplyLocked(record, at);
    attempt.index = record.index;
    return true;
  };
  return data.WriteMany(ShardsOf(physical, note), write);
}

absl::StatusOr<std::vector<MutationResult>> Engine::Impl::WriteMany(
    absl::Span<const Mutation> mutations, bool one, MonoTime deadline,
    Note* note) {
  for (const Mutation& mutation : mutations) {
    if (absl::Status s = Validate(mutation, limits()); !s.ok()) return s;
  }
  if (absl::Status s = Admit(deadline); !s.ok()) return s;
  for (int rounds = 0;;) {
    Try attempt;
    const absl::StatusOr<bool> done = TryMany(mutations, one, note, attempt);
    if (!done.ok()) return done.status();
    if (*done) {
      if (attempt.index != 0) log.Announce();
      if (note != nullptr) note->index = attempt.index;
      if (!attempt.verdict.ok()) return attempt.verdict;
      // With a note alone there is a record, although nothing was changed.
      if (!attempt.batch.empty()) attempt.batch.SetIndex(attempt.index);
      return std::move(attempt.batch.results());
    }
    if (absl::Status s = MakeRoom(attempt.need, deadline); !s.ok()) return s;
    if (++rounds > kRoundsMin && clock.Mono() >= deadline)
      return OthersWereFaster();
  }
}

absl::StatusOr<std::vector<MutationResult>> Engine::MutateMany(
    absl::Span<const Mutation> mutations, MonoTime deadline, Note* note) {
  const OperationTimer timer(impl_->insight, impl_->clock,
                             OperationKind::kBatch, 0, {});
  return impl_->WriteMany(mutations, /*one=*/false, deadline, note);
}

}  // namespace vigil::engine
