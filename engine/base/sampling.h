// Sampling: whether this thread looks closer at the call at hand: at one of
// kSamplingPeriod on average, at random distances, so that a caller's own rhythm (key a,
// key b, key a, ...) cannot hide half of what it does.
//
// Costs a decrement, and a new distance now and then. Deterministic for each thread:
// the numbers come from a fixed seed.
#ifndef VIGIL_ENGINE_BASE_SAMPLING_H_
#define VIGIL_ENGINE_BASE_SAMPLING_H_

#include <cstdint>

namespace vigil {

// A sampled read costs about 150 ns more (two looks at the clock, one at the table of
// hot keys): about 1 ns for each read.
inline constexpr uint32_t kSamplingPeriod = 128;

namespace internal {
struct SamplingState {
  uint64_t random = 0x9e3779b97f4a7c15;
  uint32_t left = kSamplingPeriod / 2;  // calls until the next sample
};
inline constinit thread_local SamplingState sampling;
}  // namespace internal

inline bool SampleThisCall() {
  internal::SamplingState& state = internal::sampling;
  if (--state.left != 0) return false;
  // Marsaglia's xorshift64 (2003): enough for distances.
  state.random ^= state.random << 13;
  state.random ^= state.random >> 7;
  state.random ^= state.random << 17;
  // Uniform in [1, 2 * period - 1], so the mean is the period.
  state.left = 1 + static_cast<uint32_t>((state.random >> 32) %
                                         (2 * kSamplingPeriod - 1));
  return true;
}

}  // namespace vigil

#endif  // VIGIL_ENGINE_BASE_SAMPLING_H_
