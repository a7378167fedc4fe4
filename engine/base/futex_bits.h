// The futex of futex.h for sleepers of several kinds: each has some bits, and who wakes
// names those of the sleepers that it is for.
#ifndef VIGIL_ENGINE_BASE_FUTEX_BITS_H_
#define VIGIL_ENGINE_BASE_FUTEX_BITS_H_

#include <atomic>
#include <cstdint>

#include "engine/base/clock.h"

namespace vigil {

inline constexpr uint32_t kAllFutexBits = ~uint32_t{0};

// As FutexWait. REQUIRES: bits != 0, here and below.
bool FutexWait(const std::atomic<uint64_t>& word, uint64_t value,
               MonoTime deadline, uint32_t bits);

// All sleepers that have one of these.
void FutexWake(const std::atomic<uint64_t>& word, uint32_t bits);

}  // namespace vigil

#endif  // VIGIL_ENGINE_BASE_FUTEX_BITS_H_
