// Whole databases: all shards are locked for the moment that it takes to say what
// becomes of them.
#include <utility>

#include "engine/engine_impl.h"

namespace vigil::engine {

template <typename Effects>
absl::StatusOr<uint64_t> Engine::Impl::WriteOwn(MonoTime deadline, Note* note,
                                                Effects effects) {
  // Before the locks: whoever holds them waits for nothing.
  if (absl::Status s = log.Admit(deadline); !s.ok()) return s;
  const auto written = data.WriteMany(
      data.AllShards(), [&](auto at) -> absl::StatusOr<uint64_t> {
        std::string value = effects(at);
        if (note != nullptr) {
          const uint64_t hash = data.Hash(kOwnDatabase, note->key);
          absl::Status s = note->check(
              StateOf(at(ShardOf(hash, data.shards()))
                          .Find(hash, kOwnDatabase, note->key, clock.Wall())));
          if (!s.ok()) return s;
          AddNote(*note, note->value(absl::OkStatus(), {}), value);
        }
        RecordView record{.type = RecordType::kBatch, .value = value};
        record.index = log.Append(record, note == nullptr ? 0 : note->gate);
        if (record.index == 0) return NotMaster();
        data.ApplyLocked(record, at);
        return record.index;
      });
  if (!written.ok()) return written;
  if (note != nullptr) note->index = *written;
  log.Announce();
  return written;
}

absl::StatusOr<uint64_t> Engine::Flush(absl::Span<const int> databases,
                                       MonoTime deadline, Note* note) {
  const OperationTimer timer(impl_->insight, impl_->clock,
                             OperationKind::kFlush, 0, {});
  return impl_->WriteOwn(deadline, note, [&](const auto& at) {
    std::string effects;
    for (const int database : databases) {
      AppendEffect({.type = RecordType::kSet,
                    .key = FlushKey(at.Physical(database)),
                    .database = kOwnDatabase},
                   effects);
    }
    return effects;
  });
}

absl::StatusOr<uint64_t> Engine::SwapDatabases(int a, int b, MonoTime deadline,
                                               Note* note) {
  const OperationTimer timer(impl_->insight, impl_->clock, OperationKind::kSwap,
                             0, {});
  return impl_->WriteOwn(deadline, note, [&](const auto& at) {
    std::string map = at.MapBytes();
    std::swap(map[static_cast<size_t>(a)], map[static_cast<size_t>(b)]);
    std::string effects;
    AppendEffect({.type = RecordType::kSet,
                  .key = kMapKey,
                  .value = map,
                  .database = kOwnDatabase},
                 effects);
    return effects;
  });
}

}  // namespace vigil::engine
