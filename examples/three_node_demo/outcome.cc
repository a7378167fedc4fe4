#include "examples/three_node_demo/outcome.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace vigil::demo {
namespace {

std::string Joined(const std::vector<double>& values, const char* separator) {
  return absl::StrJoin(values, separator, [](std::string* out, double value) {
    absl::StrAppendFormat(out, "%.1f", value);
  });
}

}  // namespace

double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle]
                                : (values[middle - 1] + values[middle]) / 2;
}

std::string Summary(const Outcome& o) {
  std::string out;
  absl::StrAppendFormat(
      &out, "Writes   %d acknowledged, %d lost, %d of unknown outcome\n",
      o.acknowledged, o.lost, o.unknown);
  absl::StrAppendFormat(
      &out, "Data     %d keys, %s on all nodes, last epoch %d\n", o.keys,
      o.data_equal ? "the same" : "NOT THE SAME", o.epoch);
  absl::StrAppendFormat(&out, "Failover %d (at least %d expected)", o.failovers,
                        o.failovers_expected);
  if (!o.gaps_ms.empty()) {
    absl::StrAppendFormat(&out, "; no writes for %s ms, median %.1f ms",
                          Joined(o.gaps_ms, " / "), Median(o.gaps_ms));
  }
  out += "\n";
  if (o.get_ns_median > 0) {
    absl::StrAppendFormat(
        &out, "Reads    median Get of 100 bytes under load: %d ns\n",
        o.get_ns_median);
  }
  if (o.unexpected > 0) {
    absl::StrAppendFormat(&out, "WRONG    %d values that no write explains\n",
                          o.unexpected);
  }
  for (const std::string& detail : o.details) {
    absl::StrAppendFormat(&out, "WRONG    %s\n", detail);
  }
  absl::StrAppendFormat(&out, "%s (seed %d)\n",
                        o.passed() ? "Passed" : "FAILED", o.seed);
  return out;
}

std::string Json(const Outcome& o) {
  return absl::StrFormat(
      "{\"acknowledged\":%d,\"lost\":%d,\"unknown\":%d,\"failovers\":%d,"
      "\"gap_ms\":[%s],\"gap_ms_median\":%.1f,\"epoch\":%d,\"keys\":%d,"
      "\"data_equal\":%s,\"unexpected\":%d,\"get_ns_median\":%d,\"seed\":%d}",
      o.acknowledged, o.lost, o.unknown, o.failovers, Joined(o.gaps_ms, ","),
      Median(o.gaps_ms), o.epoch, o.keys, o.data_equal ? "true" : "false",
      o.unexpected, o.get_ns_median, o.seed);
}

}  // namespace vigil::demo
