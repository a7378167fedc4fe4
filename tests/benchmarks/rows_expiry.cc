// Rows about keys that expire together: when their memory is back although nobody asks
// for them, and what that costs those who ask for others.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "tests/benchmarks/alternating.h"
#include "tests/benchmarks/engine_rows.h"
#include "tests/benchmarks/isolated.h"
#include "tests/benchmarks/ours.h"
#include "tests/benchmarks/own_time.h"
#include "tests/benchmarks/resident_memory.h"
#include "tests/benchmarks/stopwatch.h"
#include "tests/benchmarks/workload.h"
#include "vigil/info.h"

namespace vigil::bench {
namespace {

// The two rows of one kind of node.
struct Kind {
  std::string name;  // in the names of its rows; empty: no limit of memory
  Eviction eviction = Eviction::kNoEviction;
  std::string what;

  std::string back_row() const {
    return absl::StrCat("expiry_900k_of_1m", name, "_memory_back");
  }
  std::string worst_row() const {
    return absl::StrCat("expiry_900k_of_1m", name, "_worst_operation");
  }
};

// One Get or Set of a key that stays, over and over, until `done` says so; it is asked
// every 10 ms. Returns the longest, of its own time, in milliseconds.
template <typename Done>
double WorstWhile(Ours& ours, uint64_t stay, Done done) {
  const Values values;
  char key[kKeyBytes];
  int64_t worst = 0;
  int64_t asked = MonoNs();
  OwnTime time;
  for (uint64_t i = 0;; ++i) {
    WriteKey(i * 7919 % stay, key, sizeof(key));
    time.Begin();
    if (i % 2 == 0) {
      Must(ours.Get({key, sizeof(key)}).has_value()
               ? absl::OkStatus()
               : absl::InternalError("a key that stays has gone"));
    } else {
      ours.Set({key, sizeof(key)}, values[i]);
    }
    worst = std::max(worst, time.End());
    const int64_t end = MonoNs();
    if (end < asked + 10'000'000) continue;
    asked = end;
    if (done()) return static_cast<double>(worst) / 1e6;
  }
}

struct Expiry {
  double back_seconds =
      0;                // until most of the memory was back; 0: nothing expires
  double worst_ms = 0;  // of any operation meanwhile
};

// As many keys on both sides, and as long a measurement: what differs is that nine of
// ten keys expire in it.
Expiry MeasureExpiry(const Settings& settings, const Kind& kind, bool expire) {
  const uint64_t keys = settings.Choose(1'000'000, 100'000);
  const uint64_t stay = keys / 10;
  // Without a directory: RocksDB's memory goes its own ways.
  Options options = WithSmallLog(OneMember());
  if (kind.eviction != Eviction::kNoEviction) {
    options.max_memory = size_t{1} << 30;  // of which a quarter is used
    options.eviction = kind.eviction;
  }
  const auto node = OpenMaster(options);
  Ours ours(*node);
  const Values values;
  const double empty = ResidentBytes();
  char key[kKeyBytes];
  SetOptions set;
  const auto fill = [&](uint64_t begin, uint64_t end) {
    for (uint64_t i = begin; i < end; ++i) {
      WriteKey(i, key, sizeof(key));
      Must(node->Set({key, sizeof(key)}, values[i], set).status());
    }
  };
  const Stopwatch watch;
  fill(0, stay);
  // The other nine tenths are there by then, on a slow machine, too.
  const absl::Time at =
      absl::Now() + absl::Seconds(20 * watch.seconds() + settings.Choose(2, 1));
  if (expire) set.expires_at = at;
  fill(stay, keys);
  const double filled = ResidentBytes();
  if (absl::Now() > at) Must(absl::DeadlineExceededError("filled too late"));
  std::this_thread::sleep_for(absl::ToChronoNanoseconds(at - absl::Now()));

  // A tenth of the keys stays, and as much may be idle pages; more of a small store.
  const double allowed = settings.Choose(0.2, 0.9);
  constexpr double kSeconds = 3;
  Expiry result;
  const Stopwatch since;
  result.worst_ms = WorstWhile(ours, stay, [&] {
    const bool back = ResidentBytes() < empty + (filled - empty) * allowed;
    if (back && result.back_seconds == 0) result.back_seconds = since.seconds();
    if (since.seconds() > 60)
      Must(absl::DeadlineExceededError(absl::StrCat(
          "the memory did not come back: ", ResidentBytes(), " of ", filled,
          " bytes; ", InfoText(node->status(), "memory"))));
    return since.seconds() > kSeconds && (result.back_seconds > 0 || !expire);
  });
  if (node->status().keys < stay || node->status().evicted_keys != 0)
    Must(absl::InternalError("keys that stay have gone"));
  return result;
}

std::string Listed(const std::vector<double>& numbers) {
  return absl::StrJoin(numbers, " ", [](std::string* out, double number) {
    absl::StrAppendFormat(out, "%.2f", number);
  });
}

void ExpireTogether(const Settings& settings, const Kind& kind,
                    Report& report) {
  std::vector<double> back, with, without;
  for (int i = 0; i < settings.Choose(5, 1); ++i) {
    for (const bool expire : {true, false}) {
      const std::string text = Must(RunIsolated([&] {
        const Expiry result = MeasureExpiry(settings, kind, expire);
        return absl::StrCat(result.back_seconds, " ", result.worst_ms);
      }));
      char* rest = nullptr;
      const double seconds = std::strtod(text.c_str(), &rest);
      if (expire) back.push_back(seconds);
      (expire ? with : without).push_back(std::strtod(rest, nullptr));
    }
  }
  report.Add(kind.back_row(), {.ours = Median(back)});
  report.Add(kind.worst_row(),
             {.ours = Median(with),
              .peer = Median(without),
              .note = absl::StrCat("each run: ", Listed(with),
                                   "; nothing expires: ", Listed(without))});
}

Measurement Of(const Kind& kind) {
  const RowSpec back = {
      .name = kind.back_row(),
      .unit = "s",
      .what = absl::StrCat(
          "from the moment when 9 of 10 keys expire until four fifths of the "
          "resident memory are back",
          kind.what),
      .target = {Bound::kOursAtMost, 5}};
  const RowSpec worst = {
      .name = kind.worst_row(),
      .unit = "ms",
      .what = absl::StrCat(
          "longest Get or Set of keys that stay while the others are deleted",
          kind.what, "; peer: the same node, nothing expires"),
      .target = {Bound::kAddsAtMost, 1}};
  return {.rows = {back, worst},
          .measure = [kind](const Settings& settings, Report& report) {
            ExpireTogether(settings, kind, report);
          }};
}

}  // namespace

std::vector<Measurement> ExpiryRows() {
  return {Of({}), Of({.name = "_s3fifo",
                      .eviction = Eviction::kS3Fifo,
                      .what = ", max_memory with S3-FIFO"})};
}

}  // namespace vigil::bench
