#include "engine/mutation.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "absl/strings/str_cat.h"

namespace vigil::engine {
namespace {

absl::Status CheckKey(std::string_view key, const MutationLimits& limits) {
  if (key.empty()) return absl::InvalidArgumentError("the key is empty");
  if (key.size() > limits.key_bytes_max) {
    return absl::InvalidArgumentError(absl::StrCat("the key has ", key.size(),
                                                   " bytes; key_bytes_max is ",
                                                   limits.key_bytes_max));
  }
  return absl::OkStatus();
}

absl::Status CheckValue(uint64_t bytes, const MutationLimits& limits) {
  if (bytes > limits.value_bytes_max) {
    return absl::InvalidArgumentError(
        absl::StrCat("the value has ", bytes, " bytes; value_bytes_max is ",
                     limits.value_bytes_max));
  }
  return absl::OkStatus();
}

// Nothing before or after the number, as in Redis.
template <typename Number>
bool Parse(std::string_view text, Number& number) {
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  return parsed.ec == std::errc() && parsed.ptr == end;
}

void Sets(Effect& effect, std::string_view value, WallTime expires_at) {
  effect.type = RecordType::kSet;
  effect.value = value;
  effect.expires_at = expires_at;
}

void Builds(Effect& effect, std::string value, WallTime expires_at) {
  effect.built = std::move(value);
  Sets(effect, effect.built, expires_at);
}

absl::Status Increment(const Mutation& mutation, const KeyState& present,
                       Effect& effect, MutationResult& result) {
  int64_t sum = 0;
  // Nor a zero in front, or a sign of zero: what an increment writes, it reads.
  if (present.exists &&
      (!Parse(present.value, sum) || std::to_string(sum) != present.value)) {
    return absl::InvalidArgumentError("the value is not a 64-bit integer");
  }
  if (__builtin_add_overflow(sum, mutation.delta, &sum)) {
    return absl::OutOfRangeError("the sum is not a 64-bit integer");
  }
  result.integer = sum;
  Builds(effect, std::to_string(sum), present.expires_at);
  return absl::OkStatus();
}

absl::Status IncrementFloat(const Mutation& mutation, const KeyState& present,
                            Effect& effect, MutationResult& result) {
  double sum = 0;
  if (present.exists && (!Parse(present.value, sum) || !std::isfinite(sum))) {
    return absl::InvalidArgumentError("the value is not a finite number");
  }
  sum += mutation.delta_float;
  if (!std::isfinite(sum)) {
    return absl::OutOfRangeError("the sum is not a finite number");
  }
  result.real = sum;
  char text[32];  // the shortest text that reads back as the same number
  const auto end = std::to_chars(text, text + sizeof text, sum).ptr;
  Builds(effect, std::string(text, end), present.expires_at);
  return absl::OkStatus();
}

absl::Status Append(const Mutation& mutation, const KeyState& present,
                    const MutationLimits& limits, Effect& effect,
                    MutationResult& result) {
  result.size = present.value.size() + mutation.value.size();
  if (absl::Status s = CheckValue(result.size, limits); !s.ok()) return s;
  std::string value;
  value.reserve(result.size);
  value.append(present.value).append(mutation.value);
  Builds(effect, std::move(value), present.expires_at);
  return absl::OkStatus();
}

// REQUIRES: validated, so that neither end nor size is over the limit.
absl::Status SetRange(const Mutation& mutation, const KeyState& present,
                      Effect& effect, MutationResult& result) {
  result.size = present.value.size();
  // As in Redis: nothing to write creates nothing.
  if (mutation.value.empty()) return absl::OkStatus();
  const uint64_t end = mutation.offset + mutation.value.size();
  result.size = std::max<uint64_t>(present.value.size(), end);
  std::string value(present.value);
  value.resize(result.size);
  value.replace(mutation.offset, mutation.value.size(), mutation.value);
  Builds(effect, std::move(value), present.expires_at);
  return absl::OkStatus();
}

bool MayExpire(Mutation::ExpireIf condition, WallTime present, WallTime next) {
  // Zero is "never", which is later than any time.
  const bool never = present == WallTime{};
  const bool next_never = next == WallTime{};
  switch (condition) {
    case Mutation::ExpireIf::kAlways:
      return true;
    case Mutation::ExpireIf::kNever:
      return never;
    case Mutation::ExpireIf::kAlready:
      return !never;
    case Mutation::ExpireIf::kGreater:
      return !never && (next_never || next > present);
    case Mutation::ExpireIf::kLess:
      return !next_never && (never || next < present);
  }
  return false;
}

void Expire(const Mutation& mutation, const KeyState& present, WallTime now,
            Effect& effect, MutationResult& result) {
  const bool never = mutation.expires_at == WallTime{};
  const bool again = mutation.expires_at == present.expires_at;
  // As in Redis: there is nothing to persist in a key that stays anyway, but the same
  // time once more is set. It takes no record.
  result.applied =
      present.exists && !(never && again) &&
      MayExpire(mutation.expire_if, present.expires_at, mutation.expires_at);
  if (!result.applied || again) return;
  if (!never && mutation.expires_at <= now) {
    effect.type = RecordType::kDelete;
  } else {
    Sets(effect, present.value, mutation.expires_at);
  }
}

}  // namespace

absl::Status Validate(const Mutation& mutation, const MutationLimits& limits) {
  if (absl::Status s = CheckKey(mutation.key, limits); !s.ok()) return s;
  if (mutation.kind == Mutation::Kind::kRename)
    return CheckKey(mutation.value, limits);
  if (absl::Status s = CheckValue(mutation.value.size(), limits); !s.ok())
    return s;
  if (mutation.kind != Mutation::Kind::kSetRange || mutation.value.empty())
    return absl::OkStatus();
  // Before anything is made room for. One after the other: their sum may overflow.
  if (absl::Status s = CheckValue(mutation.offset, limits); !s.ok()) return s;
  return CheckValue(mutation.offset + mutation.value.size(), limits);
}

bool Holds(const Mutation& mutation, const KeyState& present) {
  if (mutation.version && *mutation.version != present.version) return false;
  switch (mutation.existence) {
    case Mutation::Existence::kAny:
      return true;
    case Mutation::Existence::kAbsent:
      return !present.exists;
    case Mutation::Existence::kPresent:
      return present.exists;
  }
  return false;
}

absl::Status Decide(const Mutation& mutation, const KeyState& present,
                    WallTime now, const MutationLimits& limits, Effect& effect,
                    MutationResult& result) {
  if (mutation.want_previous && present.exists) {
    result.previous =
        Entry{std::string(present.value), present.version, present.expires_at};
  }
  if (!Holds(mutation, present)) return absl::OkStatus();
  result.applied = true;
  switch (mutation.kind) {
    case Mutation::Kind::kSet:
      Sets(effect, mutation.value,
           mutation.keep_expiry ? present.expires_at : mutation.expires_at);
      return absl::OkStatus();
    case Mutation::Kind::kDelete:
      result.applied = present.exists;
      if (present.exists) effect.type = RecordType::kDelete;
      return absl::OkStatus();
    case Mutation::Kind::kExpire:
      Expire(mutation, present, now, effect, result);
      return absl::OkStatus();
    case Mutation::Kind::kIncrement:
      return Increment(mutation, present, effect, result);
    case Mutation::Kind::kIncrementFloat:
      return IncrementFloat(mutation, present, effect, result);
    case Mutation::Kind::kAppend:
      return Append(mutation, present, limits, effect, result);
    case Mutation::Kind::kSetRange:
      return SetRange(mutation, present, effect, result);
    case Mutation::Kind::kCheck:
      return absl::OkStatus();
    case Mutation::Kind::kRename:
      break;
  }
  return absl::InternalError("a rename takes two keys");
}

}  // namespace vigil::engine
