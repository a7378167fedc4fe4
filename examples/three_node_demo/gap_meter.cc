#include "examples/three_node_demo/gap_meter.h"

#include <algorithm>
#include <utility>

namespace vigil::demo {

void GapMeter::OnAcknowledged(Incarnation by, int64_t ns) {
  latest_ = std::max(latest_, ns);
  if (gaps_.empty()) return;
  Gap& gap = gaps_.back();
  // What the stopped process still said, it said before it stopped. After
  // recovery that no longer holds: a paused process goes on.
  const bool stopped = !gap.first_after && gap.stopped.contains(by);
  if (ns <= gap.fault || stopped) {
    gap.last_before = std::max(gap.last_before, ns);
  } else if (!gap.first_after || ns < *gap.first_after) {
    gap.first_after = ns;
  }
}

void GapMeter::OnFault(int64_t ns, std::set<Incarnation> stopped) {
  gaps_.push_back({ns, std::move(stopped), latest_, std::nullopt});
}

std::vector<double> GapMeter::gaps_ms() const {
  std::vector<double> out;
  for (const Gap& gap : gaps_) {
    if (!gap.first_after) continue;
    out.push_back(static_cast<double>(*gap.first_after - gap.last_before) /
                  1e6);
  }
  return out;
}

}  // namespace vigil::demo
