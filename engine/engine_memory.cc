// max_memory: whether a write fits, and making room for one that does not.
#include "absl/strings/str_cat.h"
#include "engine/engine_impl.h"
#include "engine/no_room.h"

namespace vigil::engine {
namespace {

// The least that an eviction frees, about; and steps for which nobody looks at the clock.
constexpr size_t kBytesPerStep = 32;
constexpr size_t kStepsMin = 1000;

}  // namespace

absl::Status Engine::Impl::Admit(MonoTime deadline) {
  if (absl::Status s = log.Admit(deadline); !s.ok()) return s;
  return reclaimer->HasRoom() ? absl::OkStatus()
                              : reclaimer->AwaitRoom(deadline);
}

bool Engine::Impl::Fits(const MemoryNeed& need) const {
  return options.max_memory == 0 || need.growth() == 0 ||
         data.used_bytes() + need.growth() <= options.max_memory;
}

absl::Status Engine::Impl::MakeRoom(const MemoryNeed& need, MonoTime deadline) {
  if (need.after > options.max_memory) {
    ++refused_for_memory;
    // Nobody is evicted in vain.
    return absl::ResourceExhaustedError(
        absl::StrCat("the write needs ", need.after, " bytes, max_memory is ",
                     options.max_memory));
  }
  // More steps than any key leaves it to take: others take the room as it is made.
  const size_t patience = kStepsMin + need.growth() / kBytesPerStep;
  size_t fruitless = 0;
  for (size_t steps = 0; !Fits(need); ++steps) {
    if (steps > patience && clock.Mono() >= deadline) {
      ++refused_for_memory;
      return NoRoomError(
          "other writers take the memory as fast as it is made room in");
    }
    // What was flushed goes before anybody is refused or evicted.
    if (data.flushed_cells() > 0) {
      data.Write(eviction_shard++ % data.shards(),
                 [](Keyspace& keyspace) { keyspace.EraseSomeFlushed(); });
      continue;
    }
    if (!log.gate_open()) return NotMaster();
    // An eviction is a record, and leaves memory to be freed, like any write.
    if (!log.HasRoom() || !reclaimer->HasRoom()) {
      if (absl::Status s = Admit(deadline); !s.ok()) return s;
    }
    if (fruitless == data.shards()) {
      ++refused_for_memory;
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
  bool recorded = false;
  const bool gone = data.Write(shard, [&](Keyspace& keyspace) {
    // A flush has come in between: no victim must be one of its keys.
    if (keyspace.flushed_cells() > 0) {
      keyspace.EraseSomeFlushed();
      return true;
    }
    const Cell* const victim = keyspace.Victim();
    if (victim == nullptr) return false;
    RecordView record{.type = RecordType::kDelete,
                      .key = victim->key(),
                      .database = victim->database(),
                      .cause = Cause::kEvicted};
    record.index = log.Append(record);
    if (record.index == 0) return false;
    recorded = true;
    return keyspace.Apply(keyspace.HashOf(*victim), record);
  });
  if (!recorded) return gone;
  ++evicted;
  log.Announce();
  return gone;
}

}  // namespace vigil::engine
