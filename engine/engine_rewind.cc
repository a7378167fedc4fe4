// Rewinding: the master's answer to a replica's keys, and the replica's switch from its
// own tail to the group's.
#include <string>
#include <utility>
#include <vector>

#include "engine/cell_heap.h"
#include "engine/engine_impl.h"

namespace vigil::engine {
namespace {

// Of the log, at a time: it is decoded beside what is kept of it.
constexpr size_t kReadBytes = 1 << 20;

RecordView EntryOf(const Cell& cell) {
  return {.type = RecordType::kSet,
          .index = cell.version(),
          .expires_at = cell.expires_at(),
          .key = cell.key(),
          .value = cell.value(),
          .database = cell.database()};
}

}  // namespace

// --- The master's side

absl::Status Engine::LookUp(
    std::string_view keys, size_t bytes_max,
    absl::FunctionRef<bool(std::string records)> send) const {
  const auto decoded = DecodeRecords(keys);
  if (!decoded.ok()) return decoded.status();
  std::string found;
  for (const EncodedRecord& each : *decoded) {
    const RecordView& asked = each.record;
    const bool of_databases =
        asked.database == kOwnDatabase && ConcernsDatabases(asked.key);
    if (asked.type != RecordType::kDelete || of_databases)
      return absl::DataLossError("not a key to be looked up");
    const uint64_t hash = impl_->data.Hash(asked.database, asked.key);
    CellPin large;  // encoded when the lock is free again
    impl_->data.ReadHash(hash, [&](const Keyspace& keyspace) {
      const Cell* const cell =
          keyspace.FindStored(hash, asked.database, asked.key);
      if (cell == nullptr) return;
      if (IsLarge(*cell)) {
        large = CellPin(*cell);
      } else {
        EncodeRecord(EntryOf(*cell), found);
      }
    });
    if (large.get() != nullptr) EncodeRecord(EntryOf(*large.get()), found);
    if (found.size() >= bytes_max && !send(std::exchange(found, {})))
      return absl::OkStatus();
  }
  if (!found.empty()) send(std::move(found));
  return absl::OkStatus();
}

// --- The replica's side

absl::StatusOr<std::vector<std::string>> Engine::BeginRewind(uint64_t common,
                                                             size_t bytes_max) {
  DropStaging();
  Rewind rewind(common, impl_->options.log_memory_bytes);
  for (uint64_t next = common + 1; next <= last_index();) {
    const absl::StatusOr<LogSlice> tail = ReadLog(next, kReadBytes);
    if (!tail.ok()) return tail.status();
    if (absl::Status s = rewind.AddTail(tail->records); !s.ok()) return s;
    next = tail->last + 1;
  }
  std::vector<std::string> keys = rewind.Keys(bytes_max);
  impl_->sync_work.emplace(*impl_->works, "rewind", rewind.key_count(), 0);
  impl_->rewind.emplace(std::move(rewind));
  return keys;
}

absl::Status Engine::Impl::CommitRewind(const MetaMap& values) {
  const uint64_t common = rewind->common();
  if (!PersistAll() || !log.healthy()) return log.health();
  std::vector<EncodedRecord> records;
  for (const LogSlice& slice : rewind->log()) {
    const auto decoded = DecodeRecords(slice.records);
    if (!decoded.ok()) return decoded.status();
    records.insert(records.end(), decoded->begin(), decoded->end());
  }
  // No pass of the checkpointer between the disk's switch and memory's.
  std::optional<Checkpointer::Pause> pause;
  if (storage != nullptr) {
    pause.emplace(*checkpointer);
    std::vector<StateChange> changes;
    rewind->ForEachKey(
        [&](uint8_t database, std::string_view key, std::string_view record) {
          changes.push_back(
              {.slice = static_cast<uint8_t>(SliceOf(data.Hash(database, key))),
               .database = database,
               .key = std::string(key),
               .record = std::string(record)});
        });
    const absl::Status s =
        storage->ReplaceTail(common, rewind->log(), changes, values);
    if (!s.ok()) {
      log.Fail(s);
      return log.health();
    }
  }
  meta.Adopt(values);
  // For readers one moment: a batch is never seen in half.
  data.WriteMany(data.AllShards(), [&](auto at) {
    rewind->ForEachKey(
        [&](uint8_t database, std::string_view key, std::string_view record) {
          const uint64_t hash = data.Hash(database, key);
          Keyspace& keyspace = at(ShardOf(hash, data.shards()));
          const auto entry = DecodeRecord(record);
          keyspace.Restore(hash, database, key, entry.ok() ? &*entry : nullptr);
        });
    for (const EncodedRecord& each : records) data.ApplyLocked(each.record, at);
  });
  LogRing ring = log.RingUpTo(common);
  for (const EncodedRecord& each : records) ring.AppendEncoded(each.bytes);
  ring.Trim(ring.last_index(), options.log_memory_bytes).clear();
  log.Replace(std::move(ring));
  applying = 0;
  rewind.reset();
  sync_work.reset();
  return absl::OkStatus();
}

}  // namespace vigil::engine
