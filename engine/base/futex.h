// Futex: sleep until a word in memory changes (Linux, futex(2)).
//
// The kernel compares 32 bits, here the low half: a sleeper that misses exactly 2^32
// changes between its look and its sleep would sleep on. At a change a nanosecond that
// takes four seconds without the processor.
//
// Thread-safety: thread-safe.
#ifndef VIGIL_ENGINE_BASE_FUTEX_H_
#define VIGIL_ENGINE_BASE_FUTEX_H_

#include <atomic>
#include <cstdint>

#include "engine/base/clock.h"

namespace vigil {

// Sleeps if `word` is `value`. Returns false when `deadline`, of SystemClock, has
// passed; true for any other reason, perhaps none: test the condition again.
bool FutexWait(const std::atomic<uint64_t>& word, uint64_t value,
               MonoTime deadline);

void FutexWakeAll(const std::atomic<uint64_t>& word);

}  // namespace vigil

#endif  // VIGIL_ENGINE_BASE_FUTEX_H_
