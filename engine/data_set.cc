#include "engine/data_set.h"

namespace vigil::engine {

void DataSet::Apply(const RecordView& record) {
  if (record.type != RecordType::kBatch && record.database != kOwnDatabase) {
    const uint64_t hash = Hash(record.database, record.key);
    WriteHash(hash, [&](Keyspace& keyspace) { keyspace.Apply(hash, record); });
    return;
  }
  const std::vector<size_t> shards = ShardsOf(record);
  WriteMany(shards, [&](auto at) { ApplyLocked(record, at); });
}

std::vector<size_t> DataSet::ShardsOf(const RecordView& record) const {
  std::vector<size_t> shards;
  bool all = false;
  ForEachEffect(record, [&](const RecordView& effect) {
    shards.push_back(ShardOf(Hash(effect.database, effect.key), shards_));
    // A flush concerns every shard; a map is best not seen in between.
    all = all ||
          (effect.database == kOwnDatabase && ConcernsDatabases(effect.key));
  });
  if (all) return AllShards();
  std::sort(shards.begin(), shards.end());
  shards.erase(std::unique(shards.begin(), shards.end()), shards.end());
  return shards;
}

std::string DataSet::MapBytes() const {
  const size_t any[] = {0};
  return ReadMany(any, [](auto at) { return at.MapBytes(); });
}

std::string DataSet::MapIn(Keyspaces& keyspaces) {
  const uint64_t hash = HashKey(kOwnDatabase, kMapKey, keyspaces.seed());
  const Cell* const cell =
      keyspaces[ShardOf(hash, keyspaces.size())].FindStored(hash, kOwnDatabase,
                                                            kMapKey);
  return cell == nullptr ? std::string() : std::string(cell->value());
}

}  // namespace vigil::engine
