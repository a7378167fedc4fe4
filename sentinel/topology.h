// Topology: the members of the group, and what each of them last said.
//
// Who counts. A member counts when its identity is the recorded one. Before any
// configuration is recorded, a name is enough: that is how a group is formed. A
// member that came back without its identity answers, but what it says is not
// heard.
//
// Who is master. A reachable member that says so, of an epoch not below any
// promise of a reachable member ("the standing master"). A master of an older
// epoch is one that has not yet heard of its end; with an unreachable member's
// promise nobody has to wait for.
//
// Who is watched: whom the configuration names, read replicas too, and this node, which
// may be a newcomer. One that joins asks the nodes it was told of until one of them says
// who the members are.
//
// Thread-safety: thread-compatible.
#ifndef VIGIL_SENTINEL_TOPOLOGY_H_
#define VIGIL_SENTINEL_TOPOLOGY_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/clock.h"
#include "replication/member_messages.h"
#include "sentinel/failure_detector.h"
#include "sentinel/messages.h"
#include "sentinel/options.h"

namespace vigil::sentinel {

// True if `id` is the identity of a member `name`, or none is recorded.
bool IsMember(const replication::Configuration& configuration,
              std::string_view name, NodeId id);

// The pings to one peer, by their numbers, which rise over all peers.
struct PingLog {
  MonoTime due;
  uint64_t sent = 0;      // the newest
  uint64_t answered = 0;  // the newest with a valid answer
  uint64_t settled = 0;   // the newest with an answer or a failure
  // Pongs up to here may be older than what the member said since in answer to
  // something else: they prove that it lives and nothing more.
  uint64_t outdated = 0;
  // Likewise for the opinion, which pings of its own carry, too.
  uint64_t opinion_outdated = 0;
};

// One member with its sentinel. They are one process: they live and die
// together.
struct Instance {
  std::string name;
  std::string address;
  bool own = false;
  std::optional<replication::MemberView> view;
  std::optional<Opinion> opinion;
  MonoTime opinion_at;
  bool sdown = false;
  bool identity_lost = false;  // said so already
  std::string refusal;  // why the newest ping was not welcome; empty: it was
  MonoTime heard_at;    // of its last view
  FailureDetector detector;
  PingLog ping;

  bool reachable() const { return view.has_value() && (own || !sdown); }
};

class Topology {
 public:
  Topology(const Options& options, MonoTime now);

  // What is new in a view.
  struct News {
    bool rebooted = false;
    bool role_changed = false;
    bool identity_lost = false;
  };
  News Learn(Instance& instance, const replication::MemberView& view,
             MonoTime now);

  // What a node says that knows the group which this one joins.
  void Adopt(const replication::MemberView& view);
  // Watches those whom the configuration names, and no one else. Ends the life of
  // instances: nobody may hold one.
  void FollowConfiguration(MonoTime now);
  // Nobody has said yet who the members are.
  bool seeking() const {
    return configuration_.version == 0 && !options_.join.empty();
  }
  // This node is not named: a newcomer, who may ask all the same.
  bool joins() const;

  // A sentinel's opinion names a master that may be newer than the known one.
  void Learn(const Opinion& opinion);

  Instance& own() { return instances_[own_]; }
  const Instance& own() const { return instances_[own_]; }
  std::vector<Instance>& instances() { return instances_; }
  const std::vector<Instance>& instances() const { return instances_; }
  Instance* Find(std::string_view name);
  const Instance* Find(std::string_view name) const;
  int size() const { return static_cast<int>(instances_.size()); }

  // The recorded one in the log with the greatest position, of this node's
  // lineage if it has one; else that of the options (version 0).
  const replication::Configuration& configuration() const {
    return configuration_;
  }
  // How many sentinels must see the master down.
  int quorum() const;
  bool Counts(const Instance& instance) const;
  // It is a member by its name, and what it says is waited for.
  bool IsNamed(const Instance& instance) const {
    return configuration_.Find(instance.name) != nullptr;
  }
  std::vector<replication::MemberView> ReachableViews() const;

  // Makes a ping to every peer due now.
  void HurryPings(MonoTime now);
  uint64_t NextPing() { return ++newest_ping_; }
  uint64_t newest_ping() const { return newest_ping_; }

  // Of the members that are reachable and count.
  Epoch HighestPromise() const;
  // A promise above every epoch that a member knows to have begun: a leader is
  // between Fence and Promote, or died there.
  bool PromiseIsUnused() const;
  const Instance* StandingMaster() const;

  // The newest epoch known to have had a master, and its name ("" if not
  // known). Never goes back.
  const Epoch& newest_epoch() const { return newest_epoch_; }
  const std::string& newest_master() const { return newest_master_; }
  // The one known before it, of an older epoch ("" if not known).
  const std::string& previous_master() const { return previous_master_; }

  // "master a 127.0.0.1 7001", "replica b 127.0.0.1 7002 @ a 127.0.0.1 7001"
  std::string Describe(const Instance& instance) const;
  // "127.0.0.1 7001"; "- 0" for a name that is not known.
  std::string HostAndPort(std::string_view name) const;

 private:
  void Advance(const Epoch& epoch, const std::string& master);
  replication::Configuration ChooseConfiguration() const;
  Instance MakeInstance(const replication::Member& member, MonoTime now) const;

  Options options_;
  std::vector<Instance> instances_;
  size_t own_ = 0;
  replication::Configuration configuration_;
  replication::Configuration adopted_;   // version 0: none
  replication::Configuration followed_;  // whom the instances stand for
  Epoch newest_epoch_;
  std::string newest_master_;
  std::string previous_master_;
  uint64_t newest_ping_ = 0;
};

}  // namespace vigil::sentinel

#endif  // VIGIL_SENTINEL_TOPOLOGY_H_
