// ModelMember: the rules that a member keeps towards sentinels, and nothing else. Its
// log is the list of its records' epochs.
//
// What is marked durable survives Restart(); Wipe() loses all of it.
#ifndef VIGIL_TESTS_SENTINEL_MODEL_MEMBER_H_
#define VIGIL_TESTS_SENTINEL_MODEL_MEMBER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "replication/member_messages.h"

namespace vigil::sentinel {

class ModelMember {
 public:
  ModelMember(std::string name, std::string address, NodeId id);

  void Restart(uint64_t nonce);
  // The machine lost power: the last `records` are gone and it knows.
  void LoseTail(size_t records);
  void Wipe(NodeId new_id);
  void SetHealthy(bool healthy);
  void SetPriority(int priority) { priority_ = priority; }

  replication::MemberView view() const;
  replication::FenceReply Fence(const replication::FenceRequest& request);
  replication::PromoteReply Promote(const replication::PromoteRequest& request);
  replication::ReplicaOfReply ReplicaOf(
      const replication::ReplicaOfRequest& request);

  // As master. REQUIRES: is_master().
  void Write(int records);
  // As a replica in contact with `master`: takes its log, if the rules allow it;
  // the master learns of a higher promise. True if it now holds the master's log.
  bool SyncFrom(ModelMember& master);

  bool is_master() const { return role_ == replication::Role::kMaster; }
  const Epoch& epoch() const { return epoch_; }
  const std::string& master() const { return master_; }
  const std::string& name() const { return name_; }
  const std::vector<Epoch>& log() const { return log_; }
  const replication::Configuration& configuration() const {
    return configuration_;
  }

 private:
  std::string Refusal(const replication::PromoteRequest& request) const;
  void StepDown();
  Position position() const;

  std::string name_;
  std::string address_;

  // Durable.
  NodeId id_;
  Lineage lineage_;
  Epoch promise_;
  History history_;
  std::vector<Epoch> log_;
  replication::Configuration configuration_;
  bool formed_ = false;

  // Of this start.
  uint64_t nonce_ = 1;
  replication::Role role_ = replication::Role::kReplica;
  Epoch epoch_;
  std::string master_;
  bool healthy_ = true;
  int priority_ = 100;
};

}  // namespace vigil::sentinel

#endif  // VIGIL_TESTS_SENTINEL_MODEL_MEMBER_H_
