#include "vigil/outcome.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "engine/varint.h"
#include "vigil/expiry.h"

namespace vigil {
namespace {

using engine::AppendVarint;
using engine::TakeVarint;

enum Flags : uint8_t { kApplied = 1, kInteger = 2, kReal = 4, kSize = 8 };
constexpr uint8_t kFlagsKnown = kApplied | kInteger | kReal | kSize;

// Negative ones without ten bytes.
uint64_t ZigZag(int64_t value) {
  return (static_cast<uint64_t>(value) << 1) ^
         static_cast<uint64_t>(value >> 63);
}
int64_t UnZigZag(uint64_t value) {
  return static_cast<int64_t>((value >> 1) ^ (~(value & 1) + 1));
}

void Append(const OperationResult& result, std::string& out) {
  const auto real = std::bit_cast<uint64_t>(result.real);
  const int flags = (result.applied ? kApplied : 0) |
                    (result.integer != 0 ? kInteger : 0) |
                    (real != 0 ? kReal : 0) | (result.size != 0 ? kSize : 0);
  out.push_back(static_cast<char>(flags));
  if (result.integer != 0) AppendVarint(ZigZag(result.integer), out);
  if (real != 0) AppendVarint(real, out);
  if (result.size != 0) AppendVarint(result.size, out);
}

bool Take(std::string_view& in, OperationResult& result) {
  if (in.empty()) return false;
  const auto flags = static_cast<uint8_t>(in[0]);
  in.remove_prefix(1);
  if ((flags & ~kFlagsKnown) != 0) return false;
  result.applied = (flags & kApplied) != 0;
  uint64_t bits = 0;
  if ((flags & kInteger) != 0) {
    if (!TakeVarint(in, bits)) return false;
    result.integer = UnZigZag(bits);
  }
  if ((flags & kReal) != 0) {
    if (!TakeVarint(in, bits)) return false;
    result.real = std::bit_cast<double>(bits);
  }
  return (flags & kSize) == 0 || TakeVarint(in, result.size);
}

// Zero: never.
uint64_t ExpiryBits(absl::Time at) {
  return at == absl::InfiniteFuture() ? 0 : ZigZag(absl::ToUnixMillis(at));
}

bool TakePrevious(std::string_view& in, std::optional<Value>& previous) {
  if (in.empty() || static_cast<uint8_t>(in[0]) > 1) return false;
  const bool there = in[0] != 0;
  in.remove_prefix(1);
  if (!there) return in.empty();
  Value value;
  uint64_t expiry = 0;
  if (!TakeVarint(in, value.version) || !TakeVarint(in, expiry)) return false;
  if (expiry != 0) value.expires_at = absl::FromUnixMillis(UnZigZag(expiry));
  value.data = std::string(in);
  previous = std::move(value);
  return true;
}

const OperationResult& First(const Outcome& outcome) {
  static constexpr OperationResult kNone;
  return outcome.results.empty() ? kNone : outcome.results.front();
}

}  // namespace

Outcome ToOutcome(absl::Span<const engine::MutationResult> results) {
  Outcome outcome;
  for (const engine::MutationResult& each : results) {
    outcome.results.push_back({.applied = each.applied,
                               .integer = each.integer,
                               .real = each.real,
                               .size = each.size});
    if (each.previous)
      outcome.previous = ToValue(engine::Entry(*each.previous));
  }
  return outcome;
}

std::string EncodeOutcome(const Outcome& outcome) {
  std::string out;
  AppendVarint(outcome.results.size(), out);
  for (const OperationResult& each : outcome.results) Append(each, out);
  out.push_back(outcome.previous ? 1 : 0);
  if (outcome.previous) {
    AppendVarint(outcome.previous->version, out);
    AppendVarint(ExpiryBits(outcome.previous->expires_at), out);
    out.append(outcome.previous->data);
  }
  return out;
}

absl::StatusOr<Outcome> DecodeOutcome(std::string_view bytes) {
  Outcome outcome;
  uint64_t count = 0;
  // Each takes a byte at least: a count that lies takes no memory.
  bool good = TakeVarint(bytes, count) && count <= bytes.size();
  if (good) outcome.results.resize(count);
  for (size_t i = 0; good && i < count; ++i)
    good = Take(bytes, outcome.results[i]);
  if (!good || !TakePrevious(bytes, outcome.previous))
    return absl::DataLossError("not the outcome of a write");
  return outcome;
}

void FromOutcome(Outcome&& outcome, SetResult& result) {
  result.applied = First(outcome).applied;
  result.previous = std::move(outcome.previous);
}
void FromOutcome(Outcome&& outcome, DeleteResult& result) {
  result.existed = First(outcome).applied;
}
void FromOutcome(Outcome&& outcome, DeleteManyResult& result) {
  result.deleted = static_cast<uint64_t>(
      std::count_if(outcome.results.begin(), outcome.results.end(),
                    [](const OperationResult& each) { return each.applied; }));
}
void FromOutcome(Outcome&& outcome, IncrementResult& result) {
  result.value = First(outcome).integer;
}
void FromOutcome(Outcome&& outcome, IncrementFloatResult& result) {
  result.value = First(outcome).real;
}
void FromOutcome(Outcome&& outcome, SizeResult& result) {
  result.size = First(outcome).size;
}
void FromOutcome(Outcome&& outcome, ChangeResult& result) {
  result.applied = First(outcome).applied;
}
void FromOutcome(Outcome&& outcome, BatchResult& result) {
  result.results = std::move(outcome.results);
}

}  // namespace vigil
