// Rows about eviction: how often a cache of a given size has what is asked for.
// On a miss the client sets the key, as one does before a slower store.
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/benchmarks/engine_rows.h"
#include "tests/benchmarks/ours.h"
#include "tests/benchmarks/peers/redis.h"
#include "tests/benchmarks/trace.h"
#include "tests/benchmarks/workload.h"
#include "tests/support/temp_dir.h"

namespace vigil::bench {

namespace {

// What the two sides have in common.
class OurCache {
 public:
  OurCache(size_t max_memory, Eviction eviction) {
    // Both sides spend their bytes on data: the log is as small as it can be.
    Options options = WithSmallLog(OneMember());
    options.max_memory = max_memory;
    options.eviction = eviction;
    node_ = OpenMaster(options);
  }

  std::vector<bool> GetMany(const std::vector<std::string_view>& keys) {
    std::vector<bool> found;
    found.reserve(keys.size());
    for (const std::optional<ValueView>& value : node_->GetMany(keys)) {
      found.push_back(value.has_value());
    }
    return found;
  }
  void SetMany(const std::vector<std::string_view>& keys,
               std::string_view value) {
    for (std::string_view key : keys) Must(node_->Set(key, value).status());
  }

 private:
  std::unique_ptr<Node> node_;
};

// The part of the requests that was found. They come in batches of 64, so that
// Redis is asked through a pipeline; ours gets the same batches.
template <typename Cache>
double HitRatio(Cache& cache, const Keys& trace) {
  constexpr size_t kBatch = 64;
  const Values values;
  std::vector<std::string_view> batch, missing;
  size_t hits = 0;
  for (size_t i = 0; i < trace.size();) {
    batch.clear();
    missing.clear();
    for (; i < trace.size() && batch.size() < kBatch; ++i) {
      batch.push_back(trace[i]);
    }
    const std::vector<bool> found = cache.GetMany(batch);
    for (size_t k = 0; k < batch.size(); ++k) {
      if (found[k]) {
        ++hits;
      } else {
        missing.push_back(batch[k]);
      }
    }
    cache.SetMany(missing, values[i]);
  }
  return static_cast<double>(hits) / static_cast<double>(trace.size());
}

constexpr size_t kMib = size_t{1} << 20;
size_t MaxMemory(const Settings& s) { return s.Choose(64, 8) * kMib; }

absl::StatusOr<double> RedisHitRatio(const Settings& settings,
                                     const Keys& trace,
                                     const std::string& policy) {
  const TempDir dir(settings.dir);
  auto redis = Redis::Start(dir.path(),
                            {"--maxmemory", absl::StrCat(MaxMemory(settings)),
                             "--maxmemory-policy", policy});
  if (!redis.ok()) return redis.status();
  return HitRatio(**redis, trace);
}

struct Policy {
  std::string name;
  Eviction eviction;
  bool judged = false;
};

// S3-FIFO is the policy for a cache; the others inform.
std::vector<Policy> OurPolicies() {
  return {{"s3fifo", Eviction::kS3Fifo, /*judged=*/true},
          {"sieve", Eviction::kSieve},
          {"allkeys_lru", Eviction::kAllkeysLru},
          {"allkeys_lfu", Eviction::kAllkeysLfu}};
}

// Never worse, and better on scans.
Target TargetOf(const Trace& trace, const Policy& policy) {
  if (!policy.judged) return {};
  return {trace.polluted ? Bound::kRatioAbove : Bound::kRatioAtLeast, 1};
}

const char* const kRedisPolicies[] = {"lru", "lfu"};

std::string RowName(const Trace& trace, const Policy& ours,
                    const std::string& redis) {
  return absl::StrCat("hit_ratio_", trace.name, "_", ours.name, "_vs_", redis);
}

// Fills the rows of one of Redis' policies. `own` has what ours reached so far:
// each policy of ours runs once a trace.
void Against(const std::string& redis_policy, const Settings& settings,
             Report& report, const Trace& trace, const Keys& keys,
             std::map<std::string, double>& own) {
  std::vector<Policy> wanted;
  for (const Policy& ours : OurPolicies()) {
    if (report.Wanted(RowName(trace, ours, redis_policy))) {
      wanted.push_back(ours);
    }
  }
  if (wanted.empty()) return;
  const absl::StatusOr<double> redis =
      RedisHitRatio(settings, keys, "allkeys-" + redis_policy);
  for (const Policy& ours : wanted) {
    const std::string row = RowName(trace, ours, redis_policy);
    if (!redis.ok()) {
      report.LeaveOut(row, std::string(redis.status().message()));
      continue;
    }
    if (!own.contains(ours.name)) {
      OurCache cache(MaxMemory(settings), ours.eviction);
      own[ours.name] = HitRatio(cache, keys);
    }
    report.Add(row, {.ours = own[ours.name], .peer = *redis});
  }
}

void Measure(const Settings& settings, Report& report, const Trace& trace) {
  // What a key takes in Redis 7, measured; so that the shape of a trace fits the
  // cache. It is part of no result.
  constexpr size_t kBytesPerKey = 216;
  const Keys keys =
      trace.make({.requests = settings.Choose<size_t>(4'000'000, 400'000),
                  .cached_keys = static_cast<uint32_t>(MaxMemory(settings) /
                                                       kBytesPerKey)});
  std::map<std::string, double> own;
  for (const char* redis_policy : kRedisPolicies) {
    Against(redis_policy, settings, report, trace, keys, own);
  }
}

Measurement Of(const Trace& trace) {
  Measurement m;
  for (const std::string redis_policy : kRedisPolicies) {
    for (const Policy& ours : OurPolicies()) {
      m.rows.push_back({.name = RowName(trace, ours, redis_policy),
                        .unit = "hit ratio",
                        .what = absl::StrCat(trace.what, "; ", ours.name,
                                             "; peer: Redis allkeys-",
                                             redis_policy, ", equal memory"),
                        .target = TargetOf(trace, ours)});
    }
  }
  m.measure = [trace](const Settings& settings, Report& report) {
    Measure(settings, report, trace);
  };
  return m;
}

}  // namespace

std::vector<Measurement> HitRatioRows() {
  std::vector<Measurement> all;
  for (const Trace& trace : Traces()) all.push_back(Of(trace));
  return all;
}

}  // namespace vigil::bench
