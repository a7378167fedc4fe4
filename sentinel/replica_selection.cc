#include "sentinel/replica_selection.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sentinel/topology.h"

namespace vigil::sentinel {

using replication::Configuration;
using replication::Member;
using replication::MemberView;

namespace {

bool Formed(const MemberView& view) { return view.formed && view.lineage; }

std::vector<MemberView> Members(const Configuration& configuration,
                                const std::vector<MemberView>& views) {
  std::vector<MemberView> members;
  for (const MemberView& view : views) {
    if (IsMember(configuration, view.name, view.id)) members.push_back(view);
  }
  return members;
}

// The formed ones of the lineage that most of them have.
std::vector<MemberView> FormedOfOneLineage(
    const std::vector<MemberView>& members) {
  std::map<Lineage, std::vector<MemberView>> by_lineage;
  for (const MemberView& view : members) {
    if (Formed(view)) by_lineage[view.lineage].push_back(view);
  }
  std::vector<MemberView> largest;
  for (auto& [lineage, views] : by_lineage) {
    if (views.size() > largest.size()) largest = std::move(views);
  }
  return largest;
}

// Whether a member is one of these.
auto Among(std::vector<MemberView> views) {
  return [views = std::move(views)](const Member& member) {
    return std::any_of(views.begin(), views.end(), [&](const MemberView& v) {
      return v.name == member.name && (!member.id || member.id == v.id);
    });
  };
}

bool OneLineage(const std::vector<MemberView>& members) {
  Lineage seen;
  for (const MemberView& view : members) {
    if (seen && view.lineage && view.lineage != seen) return false;
    if (view.lineage) seen = view.lineage;
  }
  return true;
}

Position Greatest(const std::vector<MemberView>& views) {
  Position greatest;
  for (const MemberView& view : views)
    greatest = std::max(greatest, view.position);
  return greatest;
}

// Why this one cannot be promoted whatever the others are; empty: it can.
std::string Unfit(const MemberView& view) {
  if (!view.exact) return "is in the middle of a sync";
  if (!view.healthy) return "has a failed disk";
  if (view.priority == 0) return "has priority 0";
  return "";
}

// Greatest position first; of two with the same data the one with more
// identity, then the lower priority, then the lower id.
bool Better(const MemberView& a, const MemberView& b) {
  if (a.position != b.position) return a.position > b.position;
  const bool a_lineage{a.lineage};
  const bool b_lineage{b.lineage};
  if (a_lineage != b_lineage) return a_lineage;
  if (a.priority != b.priority) return a.priority < b.priority;
  return a.id < b.id;
}

}  // namespace

std::string DescribeCandidate(const MemberView& view) {
  const std::string unfit = Unfit(view);
  return absl::StrCat(view.name, " ", ToString(view.position), " priority ",
                      view.priority, Formed(view) ? " formed" : " not formed",
                      unfit.empty() ? "" : " ", unfit);
}

FencePlan PlanFence(const Configuration& configuration,
                    const std::vector<MemberView>& views) {
  const std::vector<MemberView> members = Members(configuration, views);
  const std::vector<MemberView> formed = FormedOfOneLineage(members);
  const int quorum = configuration.fence_quorum();
  const auto count =
      absl::StrCat(formed.size(), " formed of ", members.size(), " present of ",
                   configuration.voters().size());
  FencePlan plan;
  if (configuration.IsFenceQuorum(Among(formed))) {
    plan.rule = PromotionRule::kFenceQuorum;
    for (const MemberView& view : formed) plan.targets.push_back(view.name);
    plan.why = absl::StrCat(count, ": a fence quorum of ", quorum);
  } else if (!OneLineage(members)) {
    plan.why = absl::StrCat(count, ", and they are of different lineages");
  } else if (configuration.IsAll(Among(members))) {
    plan.rule = PromotionRule::kAllMembers;
    for (const MemberView& view : members) plan.targets.push_back(view.name);
    plan.why = absl::StrCat(count, ": too few are formed, but all are here");
  } else {
    plan.why =
        absl::StrCat(count, "; needed: ", quorum, " formed, or all members");
  }
  return plan;
}

bool EnoughPromised(PromotionRule rule, const Configuration& configuration,
                    const std::vector<MemberView>& promised) {
  const std::vector<MemberView> members = Members(configuration, promised);
  switch (rule) {
    case PromotionRule::kFenceQuorum:
      return configuration.IsFenceQuorum(Among(FormedOfOneLineage(members)));
    case PromotionRule::kAllMembers:
      return configuration.IsAll(Among(members)) && OneLineage(members);
  }
  return false;
}

Selection SelectReplica(PromotionRule rule, const Configuration& configuration,
                        const std::vector<MemberView>& promised) {
  const std::vector<MemberView> members = Members(configuration, promised);
  std::vector<MemberView> eligible = FormedOfOneLineage(members);
  const bool some_formed = !eligible.empty();
  // What the chosen one must be at.
  const Position greatest =
      Greatest(rule == PromotionRule::kAllMembers ? members : eligible);
  if (rule == PromotionRule::kAllMembers && !some_formed) eligible = members;

  Selection selection;
  std::string unfit;
  for (const MemberView& view : eligible) {
    if (const std::string why = Unfit(view); !why.empty()) {
      absl::StrAppend(&unfit, "; ", view.name, " ", why);
    } else if (!selection.chosen.has_value() ||
               Better(view, *selection.chosen)) {
      selection.chosen = view;
    }
  }
  if (!selection.chosen.has_value()) {
    selection.why = absl::StrCat("nobody can be promoted", unfit);
  } else if (selection.chosen->position < greatest) {
    // Promoting it would drop what the other one holds and may have
    // acknowledged.
    selection.why = absl::StrCat(
        selection.chosen->name, " is at ", ToString(selection.chosen->position),
        ", but a member that cannot be promoted is at ", ToString(greatest),
        unfit);
    selection.chosen.reset();
  } else {
    selection.why =
        absl::StrCat(selection.chosen->name, " has the greatest position, ",
                     ToString(greatest), unfit);
  }
  return selection;
}

Configuration ConfigurationToRecord(const Configuration& configuration,
                                    const std::vector<MemberView>& promised) {
  if (configuration.version != 0) return configuration;
  Configuration recorded = configuration;
  recorded.version = 1;
  for (Member& member : recorded.members) {
    for (const MemberView& view : promised) {
      if (view.name != member.name) continue;
      member.id = view.id;
      if (!view.address.empty()) member.address = view.address;
    }
  }
  return recorded;
}

}  // namespace vigil::sentinel
