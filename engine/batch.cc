#include "engine/batch.h"

#include "absl/strings/str_cat.h"

namespace vigil::engine {
namespace {

// Of a key that the batch has changed, before its record has its index.
constexpr uint64_t kVersionNotKnownYet = UINT64_MAX;

absl::Status At(size_t nth, const absl::Status& s) {
  return absl::Status(s.code(),
                      absl::StrCat("operation ", nth, ": ", s.message()));
}

}  // namespace

absl::Status Batch::Decide(absl::Span<const Mutation> mutations, Lookup lookup,
                           WallTime now, const MutationLimits& limits) {
  for (size_t i = 0; i < mutations.size(); ++i) {
    absl::Status decided =
        DecideNext(mutations[i], /*alone=*/false, lookup, now, limits);
    if (!decided.ok()) return At(i, decided);
  }
  return absl::OkStatus();
}

absl::Status Batch::DecideOne(const Mutation& mutation, Lookup lookup,
                              WallTime now, const MutationLimits& limits) {
  return DecideNext(mutation, /*alone=*/true, lookup, now, limits);
}

absl::Status Batch::DecideNext(const Mutation& mutation, bool alone,
                               Lookup lookup, WallTime now,
                               const MutationLimits& limits) {
  MutationResult& result = results_.emplace_back();
  if (mutation.kind == Mutation::Kind::kRename)
    return Rename(mutation, lookup, result);
  const KeyState present = Look(lookup, mutation.database, mutation.key);
  if (!alone && !Holds(mutation, present))
    return absl::AbortedError("its condition does not hold");
  Effect effect;
  const absl::Status decided =
      engine::Decide(mutation, present, now, limits, effect, result);
  if (!decided.ok() || !effect.type) return decided;
  Put(mutation.database, mutation.key,
      {.exists = *effect.type == RecordType::kSet,
       .value = std::string(effect.value),
       .expires_at = effect.expires_at});
  return absl::OkStatus();
}

absl::Status Batch::Rename(const Mutation& mutation, Lookup lookup,
                           MutationResult& result) {
  const KeyState source = Look(lookup, mutation.database, mutation.key);
  const KeyState target = Look(lookup, mutation.database, mutation.value);
  if (!source.exists) return absl::NotFoundError("there is no such key");
  if (!Holds(mutation, target)) {
    return absl::AbortedError("its condition does not hold");
  }
  result.applied = true;
  if (mutation.key == mutation.value) return absl::OkStatus();
  Change moved{.exists = true,
               .value = std::string(source.value),
               .expires_at = source.expires_at};
  Put(mutation.database, mutation.key, {});
  Put(mutation.database, mutation.value, std::move(moved));
  return absl::OkStatus();
}

KeyState Batch::Look(Lookup lookup, uint8_t database,
                     std::string_view key) const {
  const auto it = changes_.find(Key(database, key));
  if (it == changes_.end()) return lookup(database, key);
  return {.exists = it->second.exists,
          .value = it->second.value,
          .version = it->second.exists ? kVersionNotKnownYet : 0,
          .expires_at = it->second.expires_at};
}

void Batch::Put(uint8_t database, std::string_view key, Change change) {
  const auto [it, added] =
      changes_.insert_or_assign(Key(database, key), std::move(change));
  if (added) order_.push_back(it->first);
}

MemoryNeed Batch::Need(Lookup lookup) const {
  MemoryNeed need;
  for (const Key& key : order_) {
    const KeyState before = lookup(key.first, key.second);
    if (before.exists) need.before += MemoryNeed::Of(key.second, before.value);
    const Change& change = changes_.find(key)->second;
    if (change.exists) need.after += MemoryNeed::Of(key.second, change.value);
  }
  return need;
}

void Batch::SetIndex(uint64_t index) {
  for (MutationResult& result : results_) {
    result.index = index;
    if (result.previous && result.previous->version == kVersionNotKnownYet)
      result.previous->version = index;
  }
}

std::string Batch::Encode() const {
  std::string bytes;
  for (const Key& key : order_) {
    const Change& change = changes_.find(key)->second;
    AppendEffect(
        {.type = change.exists ? RecordType::kSet : RecordType::kDelete,
         .expires_at = change.expires_at,
         .key = key.second,
         .value = change.value,
         .database = key.first},
        bytes);
  }
  return bytes;
}

}  // namespace vigil::engine
