#include "tests/benchmarks/trace.h"

#include "absl/strings/str_format.h"
#include "tests/benchmarks/zipf.h"

namespace vigil::bench {
namespace {

constexpr uint64_t kSeed = 1;

uint32_t KeySpace(const TraceSize& size) { return 6 * size.cached_keys; }

Trace ZipfTrace(double exponent) {
  return {absl::StrFormat("zipf_%.1f", exponent),
          absl::StrFormat("Zipf %.1f over 6 times the keys that fit", exponent),
          /*polluted=*/false, [exponent](const TraceSize& size) {
            return Keys::Zipfian(KeySpace(size), exponent, size.requests,
                                 kSeed);
          }};
}

// One third of the requests are scans: each as long as a third of the cache, over
// keys that never come again.
Keys Scanned(const TraceSize& size) {
  const uint32_t scan = size.cached_keys / 3;
  Zipf ranks(KeySpace(size), 1.0, kSeed);
  uint32_t fresh = KeySpace(size);
  std::vector<uint32_t> numbers;
  numbers.reserve(size.requests);
  while (numbers.size() < size.requests) {
    const bool scanning = numbers.size() / scan % 3 == 2;
    numbers.push_back(scanning ? fresh++ : static_cast<uint32_t>(ranks.Next()));
  }
  return Keys::Of(numbers);
}

Keys Loop(const TraceSize& size) {
  const uint32_t period = size.cached_keys + size.cached_keys / 2;
  std::vector<uint32_t> numbers(size.requests);
  for (size_t i = 0; i < numbers.size(); ++i) {
    numbers[i] = static_cast<uint32_t>(i % period);
  }
  return Keys::Of(numbers);
}

// Half of the requests loop, the other half is Zipf over other keys.
Keys ZipfAndLoop(const TraceSize& size) {
  const uint32_t period = size.cached_keys + size.cached_keys / 2;
  Zipf ranks(KeySpace(size), 1.0, kSeed);
  std::vector<uint32_t> numbers(size.requests);
  for (size_t i = 0; i < numbers.size(); ++i) {
    numbers[i] = i % 2 == 0
                     ? static_cast<uint32_t>(ranks.Next())
                     : KeySpace(size) + static_cast<uint32_t>(i / 2 % period);
  }
  return Keys::Of(numbers);
}

}  // namespace

std::vector<Trace> Traces() {
  return {ZipfTrace(0.8),
          ZipfTrace(0.9),
          ZipfTrace(1.0),
          ZipfTrace(1.1),
          {"scans", "Zipf 1.0, every third stretch a scan of fresh keys",
           /*polluted=*/true, Scanned},
          {"loop", "a loop over 1.5 times the keys that fit",
           /*polluted=*/false, Loop},
          {"zipf_and_loop", "Zipf 1.0 and such a loop in turn",
           /*polluted=*/false, ZipfAndLoop}};
}

}  // namespace vigil::bench
