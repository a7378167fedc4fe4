#include "sentinel/tilt.h"

#include <algorithm>

namespace vigil::sentinel {

absl::Duration Tilt::Stall(MonoTime now) const {
  if (armed_ == MonoTime::InfiniteFuture()) return absl::ZeroDuration();
  const absl::Duration late = now - armed_;
  return late > threshold_ ? late : absl::ZeroDuration();
}

void Tilt::Begin(uint64_t newest_ping, MonoTime now) {
  active_ = true;
  since_ = now;
  newest_ping_ = newest_ping;
}

bool Tilt::TryEnd(const Topology& topology, MonoTime now) {
  if (!active_) return false;
  const auto& instances = topology.instances();
  const bool settled = std::all_of(
      instances.begin(), instances.end(), [&](const Instance& instance) {
        return instance.own || instance.ping.settled > newest_ping_;
      });
  if (!settled && now < since_ + longest_) return false;
  active_ = false;
  return true;
}

}  // namespace vigil::sentinel
