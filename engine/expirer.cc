#include "engine/expirer.h"

#include "engine/record.h"

namespace vigil::engine {
namespace {

// Deleted under one hold of a shard's lock: about 20 microseconds.
constexpr size_t kHoldKeys = 32;

}  // namespace

Expirer::Expirer(DataSet& data, Log& log, const Clock& clock,
                 absl::Duration period)
    : data_(data), log_(log), clock_(clock), period_(period) {
  thread_ = Thread("vigil-expire", [this] { Run(); });
}

void Expirer::Stop() {
  stopping_ = true;
  wake_.Notify();
  thread_.Join();
}

void Expirer::Run() {
  const SystemClock clock;
  const uint64_t seen = wake_.Seen();
  while (!stopping_) {
    if (wake_.WaitPast(seen, clock.Mono() + period_)) return;  // Stop()
    if (log_.gate_open()) RunOnce();
  }
}

size_t Expirer::RunOnce() {
  const WallTime now = clock_.Wall();
  size_t deleted = 0;
  for (size_t shard = 0; shard < data_.shards(); ++shard) {
    size_t some = kHoldKeys;
    while (some == kHoldKeys && !stopping_ && log_.HasRoom() &&
           log_.healthy()) {
      some = DeleteSome(shard, now);
      deleted += some;
    }
  }
  expired_ += deleted;
  return deleted;
}

size_t Expirer::DeleteSome(size_t shard, WallTime now) {
  const size_t deleted = data_.Write(shard, [&](Keyspace& keyspace) {
    size_t count = 0;
    for (const std::string& key : keyspace.CollectExpired(now, kHoldKeys)) {
      RecordView record{.type = RecordType::kDelete, .key = key};
      record.index = log_.Append(record);
      if (record.index == 0) break;
      keyspace.Apply(record);
      ++count;
    }
    return count;
  });
  if (deleted > 0) log_.Announce();
  return deleted;
}

}  // namespace vigil::engine
