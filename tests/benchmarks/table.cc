#include "tests/benchmarks/table.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace vigil::bench {
namespace {

// Three digits that count.
std::string Number(std::optional<double> number) {
  if (!number) return "";
  const double size = std::abs(*number);
  const int decimals = size >= 100 || size == 0 ? 0 : size >= 10 ? 1 : 2;
  if (size > 0 && size < 0.1) return absl::StrFormat("%.2g", *number);
  return absl::StrFormat("%.*f", decimals, *number);
}

std::string Wanted(const Target& target) {
  switch (target.bound) {
    case Bound::kNone:
      return "";
    case Bound::kRatioAtMost:
      return absl::StrCat("ratio <= ", Number(target.value));
    case Bound::kRatioAtLeast:
    case Bound::kTimesLower:
      return absl::StrCat("ratio >= ", Number(target.value));
    case Bound::kRatioAbove:
      return absl::StrCat("ratio > ", Number(target.value));
    case Bound::kOursAtMost:
      return absl::StrCat("ours <= ", Number(target.value));
    case Bound::kOursAtLeast:
      return absl::StrCat("ours >= ", Number(target.value));
    case Bound::kAddsAtMost:
      return absl::StrCat("peer + ", Number(target.value));
  }
  return "";
}

}  // namespace

std::string Table(const std::vector<Row>& rows) {
  size_t width = 3;
  for (const Row& row : rows) width = std::max(width, row.spec.name.size());
  const int name_width = static_cast<int>(width);

  std::string out;
  const auto line = [&](const std::string& name, const std::string& ours,
                        const std::string& peer, const std::string& unit,
                        const std::string& ratio, const std::string& target,
                        const std::string& verdict) {
    absl::StrAppendFormat(&out, "%-*s %9s %9s %-12s %7s  %-14s %s\n",
                          name_width, name, ours, peer, unit, ratio, target,
                          verdict);
  };
  line("row", "ours", "peer", "unit", "ratio", "target", "");
  for (const Row& row : rows) {
    const std::optional<bool> ok = row.Ok();
    line(row.spec.name, Number(row.numbers.ours), Number(row.numbers.peer),
         row.spec.unit, Number(row.Ratio()), Wanted(row.spec.target),
         !ok ? "" : (*ok ? "ok" : "MISSED"));
    absl::StrAppend(&out, "    ", row.spec.what, "\n");
    if (!row.numbers.note.empty()) {
      absl::StrAppend(&out, "    ", row.numbers.note, "\n");
    }
  }
  return out;
}

}  // namespace vigil::bench
