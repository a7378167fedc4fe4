// The names of what a sentinel tells its users. Redis' names, with "replica"
// where Redis says "slave"; those that Redis does not have are marked.
//
// The text of an event about an instance is Redis' too, then come details:
//   master <name> <ip> <port>
//   replica <name> <ip> <port> @ <master> <ip> <port>
#ifndef VIGIL_SENTINEL_EVENT_NAMES_H_
#define VIGIL_SENTINEL_EVENT_NAMES_H_

namespace vigil::sentinel::event_names {

// Monitoring.
inline constexpr char kSdown[] = "+sdown";
inline constexpr char kSdownEnd[] = "-sdown";
inline constexpr char kOdown[] = "+odown";
inline constexpr char kOdownEnd[] = "-odown";
inline constexpr char kReboot[] = "+reboot";
inline constexpr char kRoleChange[] = "+role-change";
inline constexpr char kTilt[] = "+tilt";
inline constexpr char kTiltEnd[] = "-tilt";
inline constexpr char kNewEpoch[] = "+new-epoch";
inline constexpr char kSwitchMaster[] = "+switch-master";
inline constexpr char kConvertToReplica[] = "+convert-to-replica";
inline constexpr char kFixReplicaConfig[] = "+fix-replica-config";

// Who may take part (not in Redis).
inline constexpr char kIdentityLost[] = "-identity-lost";
inline constexpr char kStranger[] = "-stranger";
inline constexpr char kUnwelcome[] = "-unwelcome";
inline constexpr char kStateNotSaved[] = "-state-not-saved";

// Election. kPreVoteRefused is not in Redis, which has no pre-vote.
inline constexpr char kPreVoteRefused[] = "-pre-vote-refused";
inline constexpr char kTryFailover[] = "+try-failover";
inline constexpr char kVoteForLeader[] = "+vote-for-leader";
inline constexpr char kElectedLeader[] = "+elected-leader";

// Failover, by its leader. kWaitFences and the explanation are not in Redis.
inline constexpr char kSelectReplica[] = "+failover-state-select-replica";
inline constexpr char kWaitFences[] = "+failover-state-wait-fences";
inline constexpr char kSelectedReplica[] = "+selected-replica";
inline constexpr char kWaitPromotion[] = "+failover-state-wait-promotion";
inline constexpr char kPromotedReplica[] = "+promoted-replica";
inline constexpr char kReconfReplicas[] = "+failover-state-reconf-replicas";
inline constexpr char kReplicaReconfDone[] = "+replica-reconf-done";
inline constexpr char kFailoverEnd[] = "+failover-end";
inline constexpr char kFailoverEndForTimeout[] = "+failover-end-for-timeout";
inline constexpr char kExplanation[] = "+failover-explanation";

// How an attempt fails. All but the first three are not in Redis.
inline constexpr char kAbortNotElected[] = "-failover-abort-not-elected";
inline constexpr char kAbortNoGoodReplica[] = "-failover-abort-no-good-replica";
inline constexpr char kAbortReplicaTimeout[] =
    "-failover-abort-replica-timeout";
inline constexpr char kAbortNotFenced[] = "-failover-abort-not-fenced";
inline constexpr char kAbortStaleEpoch[] = "-failover-abort-stale-epoch";
inline constexpr char kAbortRefused[] = "-failover-abort-promotion-refused";
inline constexpr char kAbortMasterReturned[] =
    "-failover-abort-master-returned";

}  // namespace vigil::sentinel::event_names

#endif  // VIGIL_SENTINEL_EVENT_NAMES_H_
