#include "examples/three_node_demo/comparison.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "examples/three_node_demo/data_set.h"

namespace vigil::demo {
namespace {

// How many wrong keys are named: one is enough to start looking.
constexpr size_t kDetailsMax = 10;

void Note(const std::string& node, const char* what,
          const std::vector<std::string>& keys,
          std::vector<std::string>& details) {
  for (const std::string& key : keys) {
    if (details.size() == kDetailsMax) return;
    details.push_back(absl::StrCat(what, " on ", node, ": ", key));
  }
}

}  // namespace

absl::StatusOr<Comparison> Compare(const Ledger& ledger,
                                   const std::vector<DumpedNode>& nodes) {
  Comparison result;
  std::set<std::string> lost;
  std::set<std::string> unexpected;
  for (const DumpedNode& node : nodes) {
    const auto findings = ledger.Check(node.path);
    if (!findings.ok()) return findings.status();
    lost.insert(findings->lost.begin(), findings->lost.end());
    unexpected.insert(findings->unexpected.begin(), findings->unexpected.end());
    Note(node.name, "lost", findings->lost, result.details);
    Note(node.name, "unexpected", findings->unexpected, result.details);

    const DumpedNode& first = nodes.front();
    const auto difference = FirstDifference(first.path, node.path);
    if (!difference.ok()) return difference.status();
    if (difference->empty()) continue;
    result.equal = false;
    result.details.push_back(
        absl::StrCat(first.name, " and ", node.name, " differ: ", *difference));
  }
  result.lost = lost.size();
  result.unexpected = unexpected.size();
  return result;
}

}  // namespace vigil::demo
