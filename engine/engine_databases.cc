// Whole databases: all shards are locked for the moment that it takes to say what
// becomes of them.
#include <utility>

#include "engine/engine_impl.h"

namespace vigil::engine {

template <typename Effects>
absl::StatusOr<uint64_t> Engine::Impl::WriteOwn(MonoTime deadline,
                                                Effects effects) {
  // Before the locks: whoever holds them waits for nothing.
  if (absl::Status s = log.Admit(deadline); !s.ok()) return s;
  const uint64_t index = data.WriteMany(data.AllShards(), [&](auto at) {
    const std::string value = effects(at);
    RecordView record{.type = RecordType::kBatch, .value = value};
    record.index = log.Append(record);
    if (record.index != 0) data.ApplyLocked(record, at);
    return record.index;
  });
  if (index == 0) return NotMaster();
  log.Announce();
  return index;
}

absl::StatusOr<uint64_t> Engine::Flush(absl::Span<const int> databases,
                                       MonoTime deadline) {
  const OperationTimer timer(impl_->insight, impl_->clock,
                             OperationKind::kFlush, 0, {});
  return impl_->WriteOwn(deadline, [&](const auto& at) {
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

absl::StatusOr<uint64_t> Engine::SwapDatabases(int a, int b,
                                               MonoTime deadline) {
  const OperationTimer timer(impl_->insight, impl_->clock, OperationKind::kSwap,
                             0, {});
  return impl_->WriteOwn(deadline, [&](const auto& at) {
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
