#include "sentinel/master_watch.h"

#include <algorithm>

namespace vigil::sentinel {

void MasterWatch::Update(const Topology& topology, bool trusted, MonoTime now) {
  deadline_ = MonoTime::InfiniteFuture();
  const bool same = about_ == topology.newest_epoch();
  about_ = topology.newest_epoch();
  if (topology.StandingMaster() != nullptr) {
    absent_since_.reset();
  } else if (!absent_since_.has_value() || !trusted || !same) {
    absent_since_ = now;
  }
  if (!absent_since_.has_value() || !trusted) {
    why_.clear();
  } else if (!down_ || !same) {
    why_ = WhyDown(topology, now);
  }  // else it stays down until a master stands, or somebody had one meanwhile
  down_ = !why_.empty();
  agreeing_ = CountAgreeing(topology, now);
  odown_ = down_ && agreeing_ >= topology.quorum();
}

std::string MasterWatch::WhyDown(const Topology& topology, MonoTime now) {
  const Instance* last = topology.Find(topology.newest_master());
  if (last != nullptr && last->sdown) return "it does not answer";
  if (now >= *absent_since_ + options_.down_after) {
    return "nobody is master of the highest epoch promised";
  }
  deadline_ = *absent_since_ + options_.down_after;
  const auto& instances = topology.instances();
  const bool all_spoke = std::all_of(
      instances.begin(), instances.end(), [&](const Instance& instance) {
        return instance.own || instance.sdown || !topology.IsNamed(instance) ||
               (instance.view.has_value() &&
                instance.heard_at >= *absent_since_);
      });
  if (!all_spoke || topology.PromiseIsUnused()) return "";
  return topology.newest_epoch() ? "it is no longer master" : "no master yet";
}

int MasterWatch::CountAgreeing(const Topology& topology, MonoTime now) {
  if (!down_) return 0;
  int agreeing = 1;
  for (const Instance& peer : topology.instances()) {
    if (peer.own || !peer.opinion.has_value() || !topology.Counts(peer))
      continue;
    const MonoTime until = peer.opinion_at + options_.opinion_validity();
    // An opinion about an older master says nothing about this one.
    const bool agrees = peer.opinion->master_down && now < until &&
                        peer.opinion->epoch >= topology.newest_epoch();
    if (!agrees) continue;
    ++agreeing;
    deadline_ = std::min(deadline_, until);
  }
  return agreeing;
}

}  // namespace vigil::sentinel
