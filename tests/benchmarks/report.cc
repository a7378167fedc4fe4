#include "tests/benchmarks/report.h"

#include <cstdlib>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace vigil::bench {

// One line a row, fields between tabs; the number of fields says which kind.
std::string Report::Encode() const {
  std::string out;
  for (const auto& [row, n] : numbers_) {
    absl::StrAppendFormat(&out, "%s\t%.17g\t%s\t%s\n", row, n.ours,
                          n.peer ? absl::StrFormat("%.17g", *n.peer) : "",
                          n.note);
  }
  for (const auto& [row, reason] : left_out_) {
    absl::StrAppend(&out, row, "\t", reason, "\n");
  }
  return out;
}

void Report::Decode(std::string_view text) {
  for (const auto line :
       absl::StrSplit(absl::string_view(text.data(), text.size()), '\n')) {
    const std::vector<std::string> fields = absl::StrSplit(line, '\t');
    if (fields.size() == 2) LeaveOut(fields[0], fields[1]);
    if (fields.size() != 4) continue;
    Numbers n{.ours = std::strtod(fields[1].c_str(), nullptr),
              .note = fields[3]};
    if (!fields[2].empty()) n.peer = std::strtod(fields[2].c_str(), nullptr);
    Add(fields[0], std::move(n));
  }
}

}  // namespace vigil::bench
