// Zipf: random ranks 0, 1, 2, ... of which rank r comes up in proportion to
// 1 / (r + 1)^exponent.
//
// Rejection-inversion (Hoermann and Derflinger 1996): constant time and memory for
// any number of ranks and any exponent above 0, 1 included.
//
// Thread-safety: none. The same seed gives the same ranks.
#ifndef VIGIL_TESTS_BENCHMARKS_ZIPF_H_
#define VIGIL_TESTS_BENCHMARKS_ZIPF_H_

#include <cstdint>
#include <random>

namespace vigil::bench {

class Zipf {
 public:
  // REQUIRES: ranks > 0, exponent > 0.
  Zipf(uint64_t ranks, double exponent, uint64_t seed);
  uint64_t Next();

 private:
  double Integral(double x) const;
  double IntegralInverse(double y) const;

  const double ranks_;
  const double exponent_;
  double top_;     // integral up to the last rank
  double bottom_;  // and where the first begins
  double shortcut_;
  std::mt19937_64 random_;
};

}  // namespace vigil::bench

#endif  // VIGIL_TESTS_BENCHMARKS_ZIPF_H_
