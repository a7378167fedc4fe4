// Write: what the writers in the nodes' processes and the accounts in the supervisor
// agree on. A write has a key, which has one writer ever, and a number, which that writer
// counts up; both sides compute the value from the two.
//
// Pure.
#ifndef VIGIL_TESTS_CLUSTER_CHAOS_WRITE_H_
#define VIGIL_TESTS_CLUSTER_CHAOS_WRITE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace vigil::chaos {

// What the success of a write means.
enum class Promise {
  kMemory,  // Ack::kMemory: kept, or handed back, or gone with a killed process
  kDisk,    // Ack::kDisk: kept, or handed back
  kQuorum,  // Ack::kQuorum: kept
  kCount,   // the same of an Increment by one: its value is no ValueOf
};

inline bool IsByQuorum(Promise promise) {
  return promise == Promise::kQuorum || promise == Promise::kCount;
}

enum class Outcome {
  kUnknown,  // nobody knows
  kAcknowledged,
  kRefused,  // nothing was applied
};

// A key of large values: what is written to make a log overflow.
inline constexpr char kFloodPrefix[] = "flood:";
inline constexpr size_t kFloodBytes = 32 << 10;

// Unique and self-describing, so that a value under the wrong key shows, and of a size
// that differs from write to write.
inline std::string ValueOf(std::string_view key, uint64_t number) {
  std::string value = absl::StrCat(std::string(key), "=", number, " ");
  const bool large = key.rfind(kFloodPrefix, 0) == 0;
  value.resize(large ? kFloodBytes : value.size() + (number * 37 + 11) % 200,
               static_cast<char>('a' + number % 26));
  return value;
}

}  // namespace vigil::chaos

#endif  // VIGIL_TESTS_CLUSTER_CHAOS_WRITE_H_
