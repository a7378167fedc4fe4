#include "engine/base/futex.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <climits>

#include "engine/base/futex_bits.h"

namespace vigil {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the low half of a word is where the word begins");

uint32_t* LowHalf(const std::atomic<uint64_t>& word) {
  static_assert(sizeof(word) == sizeof(uint64_t));
  return reinterpret_cast<uint32_t*>(const_cast<std::atomic<uint64_t>*>(&word));
}

}  // namespace

bool FutexWait(const std::atomic<uint64_t>& word, uint64_t value,
               MonoTime deadline, uint32_t bits) {
  if (deadline.ns < 0) return false;
  const timespec until{.tv_sec = deadline.ns / 1'000'000'000,
                       .tv_nsec = deadline.ns % 1'000'000'000};
  const bool forever = deadline == MonoTime::InfiniteFuture();
  // Of the forms of FUTEX_WAIT the one whose time is absolute and monotonic.
  const long slept = syscall(
      SYS_futex, LowHalf(word), FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG,
      static_cast<uint32_t>(value), forever ? nullptr : &until, nullptr, bits);
  return slept == 0 || errno != ETIMEDOUT;
}

bool FutexWait(const std::atomic<uint64_t>& word, uint64_t value,
               MonoTime deadline) {
  return FutexWait(word, value, deadline, kAllFutexBits);
}

void FutexWake(const std::atomic<uint64_t>& word, uint32_t bits) {
  syscall(SYS_futex, LowHalf(word), FUTEX_WAKE_BITSET | FUTEX_PRIVATE_FLAG,
          INT_MAX, nullptr, nullptr, bits);
}

void FutexWakeAll(const std::atomic<uint64_t>& word) {
  FutexWake(word, kAllFutexBits);
}

}  // namespace vigil
