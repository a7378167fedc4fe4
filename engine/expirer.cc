#include "engine/expirer.h"

#include "engine/databases.h"
#include "engine/record.h"

namespace vigil::engine {
namespace {

// Deleted under one hold of a shard's lock: less than 10 microseconds, so that nobody has
// to sleep for it (base/mutex.h).
constexpr size_t kHoldKeys = 16;

}  // namespace

bool Expirer::RunUntil(MonoTime deadline) {
  const SystemClock stopwatch;
  const WallTime now = clock_.Wall();
  while (shard_ < data_.shards()) {
    // It cannot be done now: the next round tries again.
    if (!DeleteSome(now)) return true;
    if (position_ == Table::kPositionEnd) {
      ++shard_;
      position_ = 0;
    }
    if (stopwatch.Mono() >= deadline) return false;
  }
  shard_ = 0;
  return true;
}

bool Expirer::DeleteSome(WallTime now) {
  if (!log_.gate_open() || !log_.HasRoom() || !log_.accepts()) return false;
  uint64_t deleted = 0;
  uint64_t notes = 0;  // of them: no keys of the application
  const bool possible = data_.WriteInTurn(shard_, [&](Keyspace& keyspace) {
    bool open = true;
    // Segments without anything due cost next to nothing.
    while (open && deleted == 0 && position_ < Table::kPositionEnd) {
      keyspace.VisitExpired(position_, now, kHoldKeys, [&](const Cell& cell) {
        RecordView record{.type = RecordType::kDelete,
                          .key = cell.key(),
                          .database = cell.database(),
                          .cause = Cause::kExpired};
        const uint64_t hash = keyspace.HashOf(cell);
        const bool own = cell.database() == kOwnDatabase;
        record.index = log_.Append(record);
        open = record.index != 0;
        const bool gone = open && keyspace.Apply(hash, record);
        deleted += gone;
        notes += gone && own;
        return open;
      });
    }
    return open;
  });
  expired_ += deleted - notes;
  if (deleted > 0) log_.Announce();
  return possible;
}

}  // namespace vigil::engine
