// Must: an error ends the process, because what is measured after it is nothing.
#ifndef VIGIL_TESTS_BENCHMARKS_MUST_H_
#define VIGIL_TESTS_BENCHMARKS_MUST_H_

#include <unistd.h>

#include <iostream>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace vigil::bench {

inline void Must(const absl::Status& status) {
  if (status.ok()) return;
  std::cerr << "benchmark: " << status << std::endl;
  // Other threads may be running: no destructors.
  _exit(1);
}

template <typename T>
T Must(absl::StatusOr<T> result) {
  Must(result.status());
  return *std::move(result);
}

}  // namespace vigil::bench

#endif  // VIGIL_TESTS_BENCHMARKS_MUST_H_
