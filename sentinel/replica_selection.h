// Whom to fence and whom to promote: pure decisions over what members answered,
// each with its reasons in words.
//
//   fence quorum   F formed members of one lineage: every acknowledged quorum write
//                  is on one of them, and the greatest position has them all.
//   all members    too few are formed (bootstrap, power loss of everything), but all
//                  N are there: the greatest position of all is the best there is.
//
// Fencing an unformed member for a fence quorum would buy nothing and forbid a
// working master to sync it, hence two rules and not one.
#ifndef VIGIL_SENTINEL_REPLICA_SELECTION_H_
#define VIGIL_SENTINEL_REPLICA_SELECTION_H_

#include <optional>
#include <string>
#include <vector>

#include "replication/member_messages.h"

namespace vigil::sentinel {

enum class PromotionRule { kFenceQuorum, kAllMembers };

// Views of nodes that are not the recorded members are left out of account
// everywhere in this file.

struct FencePlan {
  std::optional<PromotionRule> rule;  // nullopt: nobody could be promoted
  std::vector<std::string> targets;   // names
  std::string why;
};
FencePlan PlanFence(const replication::Configuration& configuration,
                    const std::vector<replication::MemberView>& views);

// True if the views of those that promised satisfy `rule`.
bool EnoughPromised(PromotionRule rule,
                    const replication::Configuration& configuration,
                    const std::vector<replication::MemberView>& promised);

struct Selection {
  std::optional<replication::MemberView> chosen;
  std::string why;
};
// REQUIRES: EnoughPromised.
Selection SelectReplica(PromotionRule rule,
                        const replication::Configuration& configuration,
                        const std::vector<replication::MemberView>& promised);

// What a promotion records when nothing is recorded yet: the members by the
// identities that they answered with. A recorded configuration is returned as
// it is.
replication::Configuration ConfigurationToRecord(
    const replication::Configuration& configuration,
    const std::vector<replication::MemberView>& promised);

// "b 2/120 priority 100 formed"
std::string DescribeCandidate(const replication::MemberView& view);

}  // namespace vigil::sentinel

#endif  // VIGIL_SENTINEL_REPLICA_SELECTION_H_
