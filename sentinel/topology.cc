#include "sentinel/topology.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace vigil::sentinel {

using replication::Configuration;
using replication::Member;
using replication::MemberView;
using replication::Role;

namespace {

// Redis writes host and port as two words.
std::string SplitAddress(const std::string& address) {
  if (address.starts_with("unix:")) return absl::StrCat(address, " 0");
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) return absl::StrCat(address, " 0");
  return absl::StrCat(address.substr(0, colon), " ", address.substr(colon + 1));
}

}  // namespace

bool IsMember(const Configuration& configuration, std::string_view name,
              NodeId id) {
  const auto is = [&](const Member& member) {
    return member.name == name && (!member.id || member.id == id);
  };
  return std::any_of(configuration.members.begin(), configuration.members.end(),
                     is) ||
         std::any_of(configuration.before.begin(), configuration.before.end(),
                     is);
}

Topology::Topology(const Options& options, MonoTime now) : options_(options) {
  instances_.push_back(MakeInstance({options.name, options.address, {}}, now));
  configuration_ = ChooseConfiguration();
  FollowConfiguration(now);
}

Instance Topology::MakeInstance(const Member& member, MonoTime now) const {
  return {
      .name = member.name,
      .address = member.address,
      .own = member.name == options_.name,
      .view = {},
      .opinion = {},
      .opinion_at = now,
      .heard_at = now,
      .detector = FailureDetector(options_.down_after, options_.fast_fail, now),
      .ping = {.due = now}};
}

void Topology::FollowConfiguration(MonoTime now) {
  if (followed_ == configuration_) return;
  followed_ = configuration_;
  std::vector<Instance> watched;
  for (const Member& member : configuration_.everybody()) {
    const auto has_name = [&](const Instance& i) {
      return i.name == member.name;
    };
    // Of two members with one name, the one that will go on.
    if (std::any_of(watched.begin(), watched.end(), has_name)) continue;
    const auto old =
        std::find_if(instances_.begin(), instances_.end(), has_name);
    if (old != instances_.end() &&
        (old->own || old->address == member.address)) {
      watched.push_back(std::move(*old));
      instances_.erase(old);
    } else {
      watched.push_back(MakeInstance(member, now));
    }
  }
  for (Instance& left : instances_) {
    if (left.own) watched.push_back(std::move(left));
  }
  instances_ = std::move(watched);
  own_ = 0;
  while (!instances_[own_].own) ++own_;
  if (instances_[own_].address.empty()) {
    const Member* self = configuration_.Find(options_.name);
    if (self != nullptr) instances_[own_].address = self->address;
  }
}

void Topology::Adopt(const MemberView& view) {
  const Lineage own_lineage =
      own().view.has_value() ? own().view->lineage : Lineage{};
  if (view.configuration.version == 0) return;
  if (own_lineage && view.lineage != own_lineage) return;
  adopted_ = view.configuration;
  configuration_ = ChooseConfiguration();
}

bool Topology::joins() const {
  if (configuration_.version == 0) return seeking();
  return configuration_.Find(options_.name) == nullptr;
}

int Topology::quorum() const {
  const int size = configuration_.size();
  return options_.quorum == 0 ? size / 2 + 1 : std::min(options_.quorum, size);
}

Topology::News Topology::Learn(Instance& instance, const MemberView& view,
                               MonoTime now) {
  News news;
  if (instance.view.has_value()) {
    news.rebooted = instance.view->nonce != view.nonce;
    news.role_changed = instance.view->role != view.role;
  }
  instance.view = view;
  instance.heard_at = now;
  configuration_ = ChooseConfiguration();
  if (!Counts(instance)) {
    news.identity_lost = !instance.identity_lost;
    instance.identity_lost = true;
    return news;
  }
  instance.identity_lost = false;
  Advance(view.history_epoch, "");
  Advance(view.epoch, view.master);
  if (view.role == Role::kMaster) Advance(view.epoch, instance.name);
  return news;
}

void Topology::Learn(const Opinion& opinion) {
  Advance(opinion.epoch, opinion.master);
}

void Topology::Advance(const Epoch& epoch, const std::string& master) {
  if (epoch < newest_epoch_) return;
  if (epoch > newest_epoch_ && !newest_master_.empty()) {
    previous_master_ = std::exchange(newest_master_, "");
  }
  newest_epoch_ = epoch;
  if (!master.empty()) newest_master_ = master;
}

Instance* Topology::Find(std::string_view name) {
  for (Instance& instance : instances_) {
    if (instance.name == name) return &instance;
  }
  return nullptr;
}

const Instance* Topology::Find(std::string_view name) const {
  return const_cast<Topology*>(this)->Find(name);
}

Configuration Topology::ChooseConfiguration() const {
  const Lineage lineage =
      own().view.has_value() ? own().view->lineage : Lineage{};
  const MemberView* best = nullptr;
  for (const Instance& instance : instances_) {
    if (!instance.view.has_value() || instance.view->configuration.version == 0)
      continue;
    const MemberView& view = *instance.view;
    if (lineage && view.lineage != lineage) continue;
    if (best == nullptr || view.position > best->position) best = &view;
  }
  if (best != nullptr) return best->configuration;
  if (adopted_.version > 0) return adopted_;
  Configuration bootstrap{.version = 0, .members = options_.members};
  for (Member& member : bootstrap.members) member.id = NodeId{};
  return bootstrap;
}

bool Topology::Counts(const Instance& instance) const {
  return instance.view.has_value() &&
         IsMember(configuration_, instance.name, instance.view->id);
}

std::vector<MemberView> Topology::ReachableViews() const {
  std::vector<MemberView> views;
  for (const Instance& instance : instances_) {
    if (instance.reachable()) views.push_back(*instance.view);
  }
  return views;
}

void Topology::HurryPings(MonoTime now) {
  for (Instance& instance : instances_) {
    instance.ping.due = std::min(instance.ping.due, now);
  }
}

Epoch Topology::HighestPromise() const {
  Epoch highest;
  for (const Instance& instance : instances_) {
    if (!instance.reachable() || !Counts(instance)) continue;
    highest = std::max({highest, instance.view->promise, instance.view->epoch});
  }
  return highest;
}

bool Topology::PromiseIsUnused() const {
  return HighestPromise() > newest_epoch_;
}

const Instance* Topology::StandingMaster() const {
  const Epoch highest = HighestPromise();
  for (const Instance& instance : instances_) {
    if (!instance.reachable() || !Counts(instance)) continue;
    const MemberView& view = *instance.view;
    if (view.role == Role::kMaster && view.healthy && view.epoch >= highest) {
      return &instance;
    }
  }
  return nullptr;
}

std::string Topology::Describe(const Instance& instance) const {
  const std::string self =
      absl::StrCat(instance.name, " ", SplitAddress(instance.address));
  if (instance.name == newest_master_) return absl::StrCat("master ", self);
  if (newest_master_.empty()) return absl::StrCat("replica ", self);
  return absl::StrCat("replica ", self, " @ ", newest_master_, " ",
                      HostAndPort(newest_master_));
}

std::string Topology::HostAndPort(std::string_view name) const {
  const Instance* instance = Find(name);
  return instance == nullptr ? "- 0" : SplitAddress(instance->address);
}

}  // namespace vigil::sentinel
