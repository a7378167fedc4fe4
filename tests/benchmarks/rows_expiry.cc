// Rows about keys that expire together: when their memory is back although nobody asks
// for them, and what that costs those who ask for others.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/benchmarks/alternating.h"
#include "tests/benchmarks/engine_rows.h"
#include "tests/benchmarks/isolated.h"
#include "tests/benchmarks/ours.h"
#include "tests/benchmarks/resident_memory.h"
#include "tests/benchmarks/stopwatch.h"
#include "tests/benchmarks/workload.h"
#include "vigil/info.h"

namespace vigil::bench {
namespace {

constexpr char kMemoryBack[] = "expiry_900k_of_1m_memory_back";
constexpr char kWorstWait[] = "expiry_900k_of_1m_worst_operation";

struct Expiry {
  double back_seconds = 0;    // until most of the memory was back
  double worst_ms = 0;        // of any operation meanwhile
  double usual_worst_ms = 0;  // of any before, in as long a time
};

// How often this thread went to sleep: without that it has waited for no lock, whatever
// the clock says.
long Sleeps() {
  rusage usage;
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nvcsw;
}

// One Get or Set of a key that stays, over and over, until `done` says so; it is asked
// every 10 ms. Returns the longest in milliseconds: by the clock on the wall if it slept, by
// the thread's own otherwise, so that a core that is taken away for a while does not count.
template <typename Done>
double WorstWhile(Ours& ours, uint64_t stay, Done done) {
  const Values values;
  char key[kKeyBytes];
  int64_t worst = 0;
  int64_t asked = MonoNs();
  long sleeps = Sleeps();
  for (uint64_t i = 0;; ++i) {
    WriteKey(i * 7919 % stay, key, sizeof(key));
    const int64_t start = MonoNs();
    const int64_t cpu_start = ThreadCpuNs();
    if (i % 2 == 0) {
      Must(ours.Get({key, sizeof(key)}).has_value()
               ? absl::OkStatus()
               : absl::InternalError("a key that stays has gone"));
    } else {
      ours.Set({key, sizeof(key)}, values[i]);
    }
    const int64_t cpu = ThreadCpuNs() - cpu_start;
    const int64_t end = MonoNs();
    const long before = std::exchange(sleeps, Sleeps());
    const bool slept = sleeps != before;
    worst = std::max(worst, slept ? end - start : cpu);
    if (end < asked + 10'000'000) continue;
    asked = end;
    if (done()) return static_cast<double>(worst) / 1e6;
  }
}

Expiry MeasureExpiry(const Settings& settings) {
  const uint64_t keys = settings.Choose(1'000'000, 100'000);
  const uint64_t stay = keys / 10;
  // Without a directory: RocksDB's memory goes its own ways.
  const auto node = OpenMaster(WithSmallLog(OneMember()));
  Ours ours(*node);
  const Values values;
  const double empty = ResidentBytes();
  const absl::Time at = absl::Now() + absl::Seconds(settings.Choose(10, 4));
  char key[kKeyBytes];
  for (uint64_t i = 0; i < keys; ++i) {
    WriteKey(i, key, sizeof(key));
    SetOptions options;
    if (i >= stay) options.expires_at = at;
    Must(node->Set({key, sizeof(key)}, values[i], options).status());
  }
  const double filled = ResidentBytes();

  const double allowed = settings.Choose(0.2, 0.9);
  Expiry result;
  constexpr double kUsualSeconds = 2;
  const Stopwatch usual;
  result.usual_worst_ms =
      WorstWhile(ours, stay, [&] { return usual.seconds() > kUsualSeconds; });
  std::this_thread::sleep_for(absl::ToChronoNanoseconds(at - absl::Now()));
  const Stopwatch since;
  result.worst_ms = WorstWhile(ours, stay, [&] {
    // A tenth of the keys stays, and as much may be idle pages; more of a small store.
    const bool back = ResidentBytes() < empty + (filled - empty) * allowed;
    if (back && result.back_seconds == 0) result.back_seconds = since.seconds();
    if (since.seconds() > 60)
      Must(absl::DeadlineExceededError(absl::StrCat(
          "the memory did not come back: ", ResidentBytes(), " of ", filled,
          " bytes; ", InfoText(node->status(), "memory"))));
    return result.back_seconds > 0 && since.seconds() > kUsualSeconds;
  });
  return result;
}

void ExpireTogether(const Settings& settings, Report& report) {
  std::vector<double> back, worst, usual;
  for (int i = 0; i < settings.Choose(5, 1); ++i) {
    const std::string text = Must(RunIsolated([&] {
      const Expiry result = MeasureExpiry(settings);
      return absl::StrCat(result.back_seconds, " ", result.worst_ms, " ",
                          result.usual_worst_ms);
    }));
    char* rest = nullptr;
    back.push_back(std::strtod(text.c_str(), &rest));
    worst.push_back(std::strtod(rest, &rest));
    usual.push_back(std::strtod(rest, nullptr));
  }
  report.Add(kMemoryBack, {.ours = Median(back)});
  report.Add(kWorstWait,
             {.ours = Median(worst),
              .note = absl::StrCat("two seconds before that: ", Median(usual),
                                   " ms; medians of ", back.size(), " runs")});
}

}  // namespace

std::vector<Measurement> ExpiryRows() {
  const RowSpec back = {
      .name = kMemoryBack,
      .unit = "s",
      .what =
          "from the moment when 9 of 10 keys expire until four "
          "fifths of the resident memory are back",
      .target = {Bound::kOursAtMost, 5}};
  const RowSpec worst = {
      .name = kWorstWait,
      .unit = "ms",
      .what =
          "longest Get or Set, on the wall, of keys that stay, "
          "while the others are deleted",
      .target = {Bound::kOursAtMost, 1}};
  return {{.rows = {back, worst}, .measure = ExpireTogether}};
}

}  // namespace vigil::bench
