// MasterWatch: does the group have a master? What this sentinel thinks (its
// opinion, subjectively down), and whether enough sentinels think so too
// (objectively down).
//
// There is no master as soon as none stands (topology.h). That counts as down
//
//   at once      when the last master is itself subjectively down;
//   as soon as   every member has spoken since then or is down, if no promise is
//                unused: the master restarted as a replica, its disk failed, or
//                the group is new. Nobody can be in the middle of a failover;
//   after        down_after otherwise: a leader that fenced is about to promote,
//                and if it died, somebody has to begin again.
//
// And it stays down until a master stands.
//
// Thread-safety: thread-compatible.
#ifndef VIGIL_SENTINEL_MASTER_WATCH_H_
#define VIGIL_SENTINEL_MASTER_WATCH_H_

#include <optional>
#include <string>

#include "engine/base/clock.h"
#include "sentinel/options.h"
#include "sentinel/topology.h"

namespace vigil::sentinel {

class MasterWatch {
 public:
  explicit MasterWatch(const Options& options) : options_(options) {}

  // Looks again. `trusted` is false in TILT: then nothing is down.
  void Update(const Topology& topology, bool trusted, MonoTime now);

  bool down() const { return down_; }
  bool odown() const { return odown_; }
  // How many sentinels hold it for down, this one included.
  int agreeing() const { return agreeing_; }
  // Why it is down, in words; empty if not.
  const std::string& why() const { return why_; }
  // Since when there is no standing master.
  std::optional<MonoTime> absent_since() const { return absent_since_; }
  Opinion opinion(const Topology& topology) const {
    return {down_, topology.newest_epoch(), topology.newest_master()};
  }
  MonoTime deadline() const { return deadline_; }

 private:
  std::string WhyDown(const Topology& topology, MonoTime now);
  int CountAgreeing(const Topology& topology, MonoTime now);

  Options options_;
  Epoch about_;  // the newest epoch that had a master: what is judged
  std::optional<MonoTime> absent_since_;
  bool down_ = false;
  bool odown_ = false;
  int agreeing_ = 0;
  std::string why_;
  MonoTime deadline_ = MonoTime::InfiniteFuture();
};

}  // namespace vigil::sentinel

#endif  // VIGIL_SENTINEL_MASTER_WATCH_H_
