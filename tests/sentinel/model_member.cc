#include "tests/sentinel/model_member.h"

#include <algorithm>
#include <utility>

namespace vigil::sentinel {

using replication::Configuration;
using replication::FenceReply;
using replication::FenceRequest;
using replication::MemberView;
using replication::PromoteReply;
using replication::PromoteRequest;
using replication::ReplicaOfReply;
using replication::ReplicaOfRequest;
using replication::Role;

ModelMember::ModelMember(std::string name, std::string address, NodeId id)
    : name_(std::move(name)), address_(std::move(address)), id_(id) {}

void ModelMember::Restart(uint64_t nonce) {
  nonce_ = nonce;
  StepDown();
}

void ModelMember::LoseTail(size_t records) {
  log_.resize(log_.size() - std::min(records, log_.size()));
  formed_ = false;
}

void ModelMember::Wipe(NodeId new_id) {
  id_ = new_id;
  lineage_ = {};
  promise_ = {};
  history_ = {};
  log_.clear();
  configuration_ = {};
  formed_ = false;
}

void ModelMember::SetHealthy(bool healthy) {
  healthy_ = healthy;
  if (!healthy) StepDown();
}

void ModelMember::StepDown() {
  role_ = Role::kReplica;
  epoch_ = {};
  master_.clear();
}

Position ModelMember::position() const {
  return log_.empty() ? Position{} : Position{log_.back(), log_.size()};
}

MemberView ModelMember::view() const {
  return {.name = name_,
          .address = address_,
          .id = id_,
          .lineage = lineage_,
          .role = role_,
          .epoch = epoch_,
          .master = master_,
          .linked = !master_.empty(),
          .promise = promise_,
          .position = position(),
          .formed = formed_,
          .exact = true,
          .healthy = healthy_,
          .nonce = nonce_,
          .priority = priority_,
          .configuration = configuration_,
          .history_epoch = history_.last_epoch()};
}

FenceReply ModelMember::Fence(const FenceRequest& request) {
  if (request.epoch < promise_) return {false, view()};
  promise_ = request.epoch;
  if (epoch_ < promise_) StepDown();
  return {true, view()};
}

std::string ModelMember::Refusal(const PromoteRequest& request) const {
  if (promise_ != request.epoch) return "another promise";
  if (!healthy_) return "failed disk";
  if (!formed_ && !request.all_members) return "not formed";
  if (nonce_ != request.nonce) return "restarted since";
  if (position() != request.position) return "another position";
  if (history_.last_epoch() >= request.epoch) return "was master of it";
  return "";
}

PromoteReply ModelMember::Promote(const PromoteRequest& request) {
  if (std::string why = Refusal(request); !why.empty())
    return {false, why, view()};
  if (!lineage_) lineage_ = {request.epoch.number * 1000 + id_.value};
  if (configuration_.version == 0) configuration_ = request.configuration;
  formed_ = true;
  role_ = Role::kMaster;
  epoch_ = request.epoch;
  master_ = name_;
  history_.Append(epoch_, log_.size() + 1);
  log_.push_back(epoch_);
  return {true, "", view()};
}

ReplicaOfReply ModelMember::ReplicaOf(const ReplicaOfRequest& request) {
  const bool leads_it = is_master() && epoch_ == request.epoch;
  if (request.epoch < promise_ || leads_it) return {false, view()};
  promise_ = request.epoch;
  StepDown();
  epoch_ = request.epoch;
  master_ = request.master_name;
  return {true, view()};
}

void ModelMember::Write(int records) {
  log_.insert(log_.end(), records, epoch_);
}

bool ModelMember::SyncFrom(ModelMember& master) {
  if (!master.is_master() || master_ != master.name_ || is_master())
    return false;
  if (promise_ > master.epoch_) {
    master.promise_ = promise_;
    master.StepDown();
    return false;
  }
  const auto* me = master.configuration_.Find(name_);
  if (epoch_ != master.epoch_ || me == nullptr || me->id != id_) return false;
  lineage_ = master.lineage_;
  history_ = master.history_;
  log_ = master.log_;
  configuration_ = master.configuration_;
  formed_ = true;
  return true;
}

}  // namespace vigil::sentinel
