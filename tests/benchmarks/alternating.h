// Alternating: ours, peer, ours, peer, ..., and the median of each.
//
// On a shared machine the same code differs by half from minute to minute. Both
// sides meet the same minutes, and one bad one does not move a median.
#ifndef VIGIL_TESTS_BENCHMARKS_ALTERNATING_H_
#define VIGIL_TESTS_BENCHMARKS_ALTERNATING_H_

#include <algorithm>
#include <vector>

#include "absl/functional/function_ref.h"

namespace vigil::bench {

// REQUIRES: samples is not empty.
inline double Median(std::vector<double> samples) {
  const auto middle = samples.begin() + samples.size() / 2;
  std::nth_element(samples.begin(), middle, samples.end());
  if (samples.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(samples.begin(), middle)) / 2;
}

struct Medians {
  double ours = 0;
  double peer = 0;
};

// One more round of each comes first, and does not count: it warms up.
inline Medians Alternate(int rounds, absl::FunctionRef<double()> ours,
                         absl::FunctionRef<double()> peer) {
  std::vector<double> our_samples, peer_samples;
  ours();
  peer();
  for (int i = 0; i < rounds; ++i) {
    our_samples.push_back(ours());
    peer_samples.push_back(peer());
  }
  return {Median(our_samples), Median(peer_samples)};
}

}  // namespace vigil::bench

#endif  // VIGIL_TESTS_BENCHMARKS_ALTERNATING_H_
