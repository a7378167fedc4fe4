#include "sentinel/ballot.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sentinel/topology.h"

namespace vigil::sentinel {

using replication::Member;

void Ballot::Grant(const std::string& name, NodeId id) {
  if (!IsMember(voters_, name, id)) {
    Refuse(name);
  } else if (!refused_.contains(name)) {
    granted_.emplace(name, id);
  }
}

void Ballot::Refuse(const std::string& name) {
  if (voters_.Find(name) != nullptr && !granted_.contains(name))
    refused_.insert(name);
}

int Ballot::needed() const { return std::max(voters_.size() / 2 + 1, quorum_); }

bool Ballot::won() const {
  return static_cast<int>(granted_.size()) >= needed() &&
         voters_.IsCommitQuorum([this](const Member& member) {
           const auto vote = granted_.find(member.name);
           return vote != granted_.end() &&
                  (!member.id || vote->second == member.id);
         });
}

bool Ballot::lost() const {
  const auto may_come = [this](const Member& member) {
    return !refused_.contains(member.name);
  };
  return voters_.size() - static_cast<int>(refused_.size()) < needed() ||
         !voters_.IsCommitQuorum(may_come);
}

std::string Ballot::ToString() const {
  const auto name = [](std::string* out, const auto& vote) {
    out->append(vote.first);
  };
  return absl::StrCat(granted_.size(), " of ", voters_.size(), " (needed ",
                      needed(), "): ", absl::StrJoin(granted_, " ", name));
}

}  // namespace vigil::sentinel
