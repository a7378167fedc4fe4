#include "sentinel/ballot.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sentinel/topology.h"

namespace vigil::sentinel {

void Ballot::Grant(const std::string& name, NodeId id) {
  if (!IsMember(voters_, name, id)) {
    Refuse(name);
  } else if (!refused_.contains(name)) {
    granted_.insert(name);
  }
}

void Ballot::Refuse(const std::string& name) {
  if (voters_.Find(name) != nullptr && !granted_.contains(name))
    refused_.insert(name);
}

int Ballot::needed() const { return std::max(voters_.size() / 2 + 1, quorum_); }

std::string Ballot::ToString() const {
  return absl::StrCat(granted_.size(), " of ", voters_.size(), " (needed ",
                      needed(), "): ", absl::StrJoin(granted_, " "));
}

}  // namespace vigil::sentinel
