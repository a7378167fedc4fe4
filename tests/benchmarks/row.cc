#include "tests/benchmarks/row.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace vigil::bench {
namespace {

std::string JsonNumber(std::optional<double> number) {
  return number ? absl::StrFormat("%.6g", *number) : "null";
}

}  // namespace

std::optional<double> Row::Ratio() const {
  if (!numbers.peer) return std::nullopt;
  const bool inverse = spec.target.bound == Bound::kTimesLower;
  const double above = inverse ? *numbers.peer : numbers.ours;
  const double below = inverse ? numbers.ours : *numbers.peer;
  if (below == 0) return std::nullopt;
  return above / below;
}

std::optional<bool> Row::Ok() const {
  const double target = spec.target.value;
  const double ours = numbers.ours;
  // Products, not ratios: a peer that is zero is a number, too.
  switch (spec.target.bound) {
    case Bound::kNone:
      return std::nullopt;
    case Bound::kRatioAtMost:
      return numbers.peer && ours <= target * *numbers.peer;
    case Bound::kRatioAtLeast:
      return numbers.peer && ours >= target * *numbers.peer;
    case Bound::kRatioAbove:
      return numbers.peer && ours > target * *numbers.peer;
    case Bound::kTimesLower:
      return numbers.peer && *numbers.peer >= target * ours;
    case Bound::kOursAtMost:
      return ours <= target;
    case Bound::kOursAtLeast:
      return ours >= target;
    case Bound::kAddsAtMost:
      return numbers.peer && ours - *numbers.peer <= target;
  }
  return std::nullopt;
}

std::string Row::Json() const {
  std::optional<double> target;
  if (spec.target.bound != Bound::kNone) target = spec.target.value;
  const std::optional<bool> ok = Ok();
  return absl::StrCat(
      "{\"row\":\"", spec.name, "\",\"ours\":", JsonNumber(numbers.ours),
      ",\"peer\":", JsonNumber(numbers.peer),
      ",\"ratio\":", JsonNumber(Ratio()), ",\"target\":", JsonNumber(target),
      ",\"ok\":", !ok ? "null" : (*ok ? "true" : "false"), "}");
}

}  // namespace vigil::bench
