// Mutation: one thing that a writer wants done to a key, and under which condition.
//
// Decide() looks at the key as it is and says what that comes to: an effect, which
// is what the log records, or nothing. Conditions, arithmetic and the clock are all
// used up here; nobody who applies the effect needs them again.
//
// Pure.
#ifndef VIGIL_ENGINE_MUTATION_H_
#define VIGIL_ENGINE_MUTATION_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "engine/base/clock.h"
#include "engine/entry.h"
#include "engine/record.h"

namespace vigil::engine {

struct Mutation {
  enum class Kind : uint8_t {
    kSet,  // to `value`
    kDelete,
    kExpire,          // at expires_at, zero: never; in the past: delete
    kIncrement,       // by `delta`
    kIncrementFloat,  // by `delta_float`
    kAppend,          // `value` at the end
    kSetRange,        // `value` from `offset` on; zero bytes fill a gap
    kRename,          // to the key `value`; the conditions are on that key
    kCheck,           // nothing but the conditions
  };
  enum class Existence : uint8_t { kAny, kAbsent, kPresent };
  enum class ExpireIf : uint8_t {
    kAlways,
    kNever,    // the key does not expire yet
    kAlready,  // it does
    kGreater,  // than the present time; never is the greatest
    kLess,
  };

  Kind kind = Kind::kSet;
  uint8_t database = 0;
  std::string_view key;
  std::string_view value;

  // Conditions. `version`: of the present entry, 0 standing for "no such key".
  Existence existence = Existence::kAny;
  std::optional<uint64_t> version;

  // Of kSet and kExpire. kSet replaces the present expiry unless told to keep it.
  WallTime expires_at;
  bool keep_expiry = false;
  ExpireIf expire_if = ExpireIf::kAlways;

  int64_t delta = 0;
  double delta_float = 0;
  uint64_t offset = 0;
  bool want_previous = false;
};

struct MutationResult {
  // False: a condition did not hold, or there was no such key to change.
  bool applied = false;
  // Of the record; 0: there is none, since nothing changed.
  uint64_t index = 0;
  // What was there before, if wanted.
  std::optional<Entry> previous;
  int64_t integer = 0;  // kIncrement: the new value
  double real = 0;      // kIncrementFloat: the new value
  uint64_t size = 0;    // kAppend, kSetRange: the new size of the value
};

// A key as a mutation finds it.
struct KeyState {
  bool exists = false;
  std::string_view value;
  uint64_t version = 0;
  WallTime expires_at;
};

struct Effect {
  // None: nothing changes.
  std::optional<RecordType> type;
  std::string_view value;  // of `built`, the mutation or the present entry
  std::string built;
  WallTime expires_at;
};

struct MutationLimits {
  size_t key_bytes_max = 0;
  size_t value_bytes_max = 0;
};

// kInvalidArgument: key or value over the limit (kSetRange: the value that it would
// make), or key empty.
absl::Status Validate(const Mutation& mutation, const MutationLimits& limits);

// Whether the conditions on the key hold.
bool Holds(const Mutation& mutation, const KeyState& present);

// Decides everything but a kRename, for which it takes two keys (see batch.h).
// REQUIRES: Validate(mutation, limits) is OK.
//   kInvalidArgument  kIncrement, kIncrementFloat: the value is no such number; or
//                     the new value is over the limit
//   kOutOfRange       kIncrement, kIncrementFloat: the sum is not a number any more
// Then there is no effect.
absl::Status Decide(const Mutation& mutation, const KeyState& present,
                    WallTime now, const MutationLimits& limits, Effect& effect,
                    MutationResult& result);

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_MUTATION_H_
