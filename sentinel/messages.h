// What sentinels ask each other and what they answer. Plain values.
//
//   Ping        Redis' PING, INFO, hello and is-master-down-by-addr in one
//   Vote        "would you elect me?" (pre-vote, changes nothing) and "elect me"
//   Fence, Promote, ReplicaOf
//               for the member beside the sentinel that is asked
#ifndef VIGIL_SENTINEL_MESSAGES_H_
#define VIGIL_SENTINEL_MESSAGES_H_

#include <cstdint>
#include <string>
#include <variant>

#include "replication/member_messages.h"
#include "replication/shared_options.h"

namespace vigil::sentinel {

// What a sentinel thinks of the master.
struct Opinion {
  bool master_down = false;
  // The newest epoch in which it knows that there was a master, and who that
  // was (empty: not known). What `master_down` is about.
  Epoch epoch;
  std::string master;
  friend bool operator==(const Opinion&, const Opinion&) = default;
};

struct Ping {
  uint64_t epoch = 0;  // highest epoch number that the asker has seen
  Opinion opinion;
  bool joins =
      false;  // it is a newcomer, and wants to know who the members are
};

struct Pong {
  replication::MemberView view;
  uint64_t epoch = 0;  // likewise
  Opinion opinion;
};

struct VoteRequest {
  bool pre = false;     // ask only whether the vote would be given
  uint64_t number = 0;  // of the epoch that the asker wants to lead
};

struct VoteReply {
  bool granted = false;
  uint64_t epoch = 0;   // highest epoch number that the voter has seen
  NodeId voter;         // a voter that lost its identity lost its vote
  std::string refusal;  // why not, in words
};

struct Question {
  // The order is that of Topic.
  using Body =
      std::variant<Ping, VoteRequest, replication::FenceRequest,
                   replication::PromoteRequest, replication::ReplicaOfRequest>;
  std::string group;
  std::string from;  // the asker's name
  NodeId id;         // and identity
  Body body;
  replication::SharedOptions options = {};  // the asker's
};

// The alternative with a Body's index answers it.
using Answer =
    std::variant<Pong, VoteReply, replication::FenceReply,
                 replication::PromoteReply, replication::ReplicaOfReply>;

enum class Topic { kPing, kVote, kFence, kPromote, kReplicaOf };

inline Topic TopicOf(const Question::Body& body) {
  return static_cast<Topic>(body.index());
}
inline Topic TopicOf(const Answer& answer) {
  return static_cast<Topic>(answer.index());
}

}  // namespace vigil::sentinel

#endif  // VIGIL_SENTINEL_MESSAGES_H_
