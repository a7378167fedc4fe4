// Tally: what a run did and found, as one line of JSON.
#ifndef VIGIL_TESTS_CLUSTER_CHAOS_TALLY_H_
#define VIGIL_TESTS_CLUSTER_CHAOS_TALLY_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/cluster/chaos/accounts.h"

namespace vigil::chaos {

struct Tally {
  std::string network;
  uint64_t seed = 0;
  double seconds = 0;                 // of faults
  std::map<std::string, int> faults;  // by kind
  Balance balance;                    // of the last check
  uint64_t reads = 0;                 // linearizable, and right
  uint64_t stale = 0;                 // and wrong
  uint64_t untold = 0;  // dropped records that the log could not tell
  uint64_t checks = 0;
  uint64_t epochs = 0;          // the number of the last one
  std::set<uint64_t> mastered;  // epochs of which somebody was master
  // Masters after the first.
  uint64_t failovers() const {
    return mastered.empty() ? 0 : mastered.size() - 1;
  }
  uint64_t full_syncs = 0;
  uint64_t rewinds = 0;
  double recovery_seconds_max =
      0;               // from the end of faults until all serve again
  bool equal = false;  // the nodes' data, in every check
  std::vector<std::string> wrong;  // in words

  bool passed() const {
    return checks > 0 && equal && wrong.empty() && balance.holds();
  }
};

// Without its newline.
inline std::string Json(const Tally& t) {
  const std::string faults =
      absl::StrJoin(t.faults, ",",
                    [](std::string* out, const std::pair<std::string, int>& f) {
                      absl::StrAppend(out, "\"", f.first, "\":", f.second);
                    });
  const Balance& b = t.balance;
  return absl::StrCat(
      "{\"operations\":", b.operations, ",\"acknowledged\":", b.acknowledged,
      ",\"refused\":", b.refused, ",\"unknown\":", b.unknown,
      ",\"lost\":", b.lost, ",\"dropped\":{\"reported\":", b.reported,
      ",\"measured\":", b.measured, ",\"others\":", b.reported_unknown,
      "},\"gone_with_process\":", b.gone_with_process, ",\"reads\":", t.reads,
      ",\"stale\":", t.stale, ",\"faults\":{", faults,
      "},\"checks\":", t.checks, ",\"equal\":", t.equal ? "true" : "false",
      ",\"wrong\":", t.wrong.size() + b.violations.size(),
      ",\"epochs\":", t.epochs, ",\"failovers\":", t.failovers(),
      ",\"full_syncs\":", t.full_syncs, ",\"rewinds\":", t.rewinds,
      ",\"recovery_seconds_max\":", t.recovery_seconds_max,
      ",\"seconds\":", t.seconds, ",\"network\":\"", t.network,
      "\",\"seed\":", t.seed, "}");
}

}  // namespace vigil::chaos

#endif  // VIGIL_TESTS_CLUSTER_CHAOS_TALLY_H_
