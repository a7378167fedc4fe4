#include "vigil/insight_status.h"

#include <cstdint>
#include <string>
#include <utility>

namespace vigil {
namespace {

// As many as fit on a screen.
constexpr size_t kHotKeysTold = 16;

std::vector<LatencyBucket> BucketsOf(const engine::Histogram::Snapshot& times) {
  std::vector<LatencyBucket> buckets;
  for (size_t i = 0; i < times.buckets.size(); ++i) {
    if (times.buckets[i] == 0) continue;
    const uint64_t end =
        engine::Histogram::LowestIn(i) + engine::Histogram::WidthOf(i);
    buckets.push_back(
        {.below = absl::Nanoseconds(end), .count = times.buckets[i]});
  }
  // Whatever is longer counts in the last one, too.
  if (!buckets.empty() && times.buckets.back() != 0)
    buckets.back().below = absl::InfiniteDuration();
  return buckets;
}

OperationStatus ToStatus(const engine::OperationStats& stats,
                         engine::OperationKind kind) {
  const engine::Histogram::Snapshot times = stats.times(kind);
  return {.name = std::string(engine::NameOf(kind)),
          .calls = stats.calls(kind),
          .timed = times.count,
          .mean = times.Mean(),
          .p50 = times.Percentile(50),
          .p99 = times.Percentile(99),
          .p999 = times.Percentile(99.9),
          .max = absl::Nanoseconds(times.max_ns),
          .buckets = BucketsOf(times)};
}

// As in Redis' maxmemory-policy; the last two are not in Redis.
std::string NameOf(Eviction policy) {
  switch (policy) {
    case Eviction::kNoEviction:
      return "noeviction";
    case Eviction::kAllkeysLru:
      return "allkeys-lru";
    case Eviction::kAllkeysLfu:
      return "allkeys-lfu";
    case Eviction::kAllkeysRandom:
      return "allkeys-random";
    case Eviction::kVolatileLru:
      return "volatile-lru";
    case Eviction::kVolatileLfu:
      return "volatile-lfu";
    case Eviction::kVolatileRandom:
      return "volatile-random";
    case Eviction::kVolatileTtl:
      return "volatile-ttl";
    case Eviction::kS3Fifo:
      return "s3-fifo";
    case Eviction::kSieve:
      return "sieve";
  }
  return "unknown";
}

}  // namespace

void TellMemory(const engine::EngineStatus& engine, Eviction policy,
                NodeStatus& status) {
  const engine::KeyspaceBytes& bytes = engine.bytes;
  status.memory = {.policy = NameOf(policy),
                   .limit_bytes = engine.max_memory,
                   .used_bytes = bytes.used(),
                   .entries_bytes = bytes.cells,
                   .table_bytes = bytes.table + bytes.directory,
                   .overhead_bytes = bytes.policy + bytes.gone,
                   .log_bytes = engine.log_memory_bytes,
                   .unfreed_values = engine.unfreed_values,
                   .unfreed_bytes = engine.unfreed_bytes,
                   .freed_values = engine.freed_values};
  if (bytes.small_cells > 0) {
    status.memory.fragmentation =
        static_cast<double>(bytes.pages + engine.idle_page_bytes) /
        static_cast<double>(bytes.small_cells + bytes.table);
  }
  status.evicted_keys = engine.evicted_keys;
  for (size_t i = 0; i < engine.databases.size(); ++i) {
    const engine::Keyspace::Database& database = engine.databases[i];
    if (database.keys == 0) continue;
    status.keyspaces.push_back({.database = static_cast<int>(i),
                                .keys = database.keys,
                                .expires = database.expiring});
  }
}

void TellInsight(const engine::Insight& insight, NodeStatus& status) {
  status.hits = insight.operations.hits();
  status.misses = insight.operations.misses();
  status.operations.clear();
  for (size_t i = 0; i < engine::kOperationKinds; ++i) {
    const auto kind = static_cast<engine::OperationKind>(i);
    if (insight.operations.calls(kind) == 0) continue;
    status.operations.push_back(ToStatus(insight.operations, kind));
  }
  status.slow_log.clear();
  for (engine::SlowLog::Entry& slow : insight.slow.Newest(SIZE_MAX)) {
    status.slow_log.push_back(
        {.id = slow.id,
         .ended = absl::FromUnixMillis(slow.ended.ms),
         .took = slow.took,
         .operation = std::string(engine::NameOf(slow.kind)),
         .key = std::move(slow.key),
         .key_bytes = slow.key_bytes,
         .value_bytes = slow.value_bytes});
  }
  status.hot_keys.clear();
  for (engine::HotKeys::HotKey& hot : insight.hot.Top(kHotKeysTold)) {
    status.hot_keys.push_back({.database = hot.database,
                               .key = std::move(hot.key),
                               .share = hot.share,
                               .share_max = hot.share_max});
  }
}

std::vector<BigKey> ToBigKeys(const engine::BigKeys& found) {
  std::vector<BigKey> keys;
  for (engine::BigKeys::BigKey& big : found.Top()) {
    keys.push_back({.database = big.database,
                    .key = std::move(big.key),
                    .bytes = big.bytes});
  }
  return keys;
}

}  // namespace vigil
