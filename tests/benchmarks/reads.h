// Reads: how long a store takes to hand out copies of values.
#ifndef VIGIL_TESTS_BENCHMARKS_READS_H_
#define VIGIL_TESTS_BENCHMARKS_READS_H_

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "tests/benchmarks/must.h"
#include "tests/benchmarks/stopwatch.h"
#include "tests/benchmarks/workload.h"

namespace vigil::bench {

// Puts each of `keys` keys in, in order.
template <typename Store>
void Fill(Store& store, uint64_t keys) {
  const Keys each = Keys::Each(keys);
  const Values values;
  for (size_t i = 0; i < each.size(); ++i) store.Set(each[i], values[i]);
}

// A key that is not found would make a store quick.
inline void MustHaveRead(size_t bytes, size_t reads) {
  if (bytes != reads * kValueBytes) {
    Must(absl::InternalError("a key was not found"));
  }
}

// Nanoseconds a Get.
template <typename Store>
double GetNs(Store& store, const Keys& keys) {
  size_t bytes = 0;
  const Stopwatch watch;
  for (size_t i = 0; i < keys.size(); ++i) {
    std::optional<std::string> value = store.Get(keys[i]);
    benchmark::DoNotOptimize(value);
    if (value) bytes += value->size();
  }
  const double ns = static_cast<double>(watch.ns());
  MustHaveRead(bytes, keys.size());
  return ns / static_cast<double>(keys.size());
}

}  // namespace vigil::bench

#endif  // VIGIL_TESTS_BENCHMARKS_READS_H_
