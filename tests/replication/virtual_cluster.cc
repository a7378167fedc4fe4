#include "tests/replication/virtual_cluster.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"

namespace vigil::replication {

VirtualCluster::VirtualCluster(int members, uint64_t seed,
                               const Misfortune& misfortune)
    : random_(seed),
      misfortune_(misfortune),
      commits_must_survive_(misfortune.power_cuts <=
                            members - (members / 2 + 1)) {
  const auto name_of = [](int i) {
    return std::string(1, static_cast<char>('a' + i));
  };
  for (int i = 0; i < members; ++i)
    group_.members.push_back({name_of(i), name_of(i), NodeId{++ids_}});
  for (int i = 0; i < members + misfortune.newcomers; ++i) {
    const bool newcomer = i >= members;
    members_.push_back(std::make_unique<VirtualMember>(
        MemberState{.group = "g",
                    .name = name_of(i),
                    .id = newcomer ? NodeId{++ids_}
                                   : group_.members[static_cast<size_t>(i)].id,
                    .configurations = newcomer ? Configuration() : group_},
        *this));
    Start(*members_.back());
  }
}

void VirtualCluster::Step() {
  Advance(absl::Microseconds(random_.Uniform(3000)));
  switch (random_.Uniform(10)) {
    case 0:
    case 1:
    case 2:
      if (!links_.empty()) {
        Deliver(*std::next(
            links_.begin(),
            static_cast<std::ptrdiff_t>(random_.Uniform(links_.size()))));
      }
      break;
    case 3:
    case 4:
      for (NetworkLink& link : links_) {
        if (random_.Uniform(2) == 0) RunFeeder(link);
      }
      break;
    case 5:
      Any().Write(absl::StrCat("w", ++writes_));
      break;
    case 6:
      Any().Flush(random_.Uniform(4), random_.Uniform(3) == 0);
      break;
    case 7:
      DeliverRequest();
      break;
    case 8:
      DeliverAnswer();
      break;
    case 9:
      if (misfortune_.newcomers > 0 && random_.Uniform(4) == 0) AskForChange();
      if (leaders_.empty() || random_.Uniform(60) == 0) StartLeader();
      // Mostly the latest: the others were probably abandoned.
      Lead(random_.Uniform(4) == 0 ? *leaders_[random_.Uniform(leaders_.size())]
                                   : *leaders_.back());
      break;
  }
  for (int i = 0; i < 2; ++i) {
    VirtualMember& member = Any();
    member.Run();
    Observe(member);
  }
  Misfortunes();
}

void VirtualCluster::Heal() {
  misfortune_.any = false;
  requests_.clear();
  answers_.clear();
  for (int round = 0; round < 20'000 && violation_.empty(); ++round) {
    for (const auto& member : members_) {
      if (!member->alive() || !member->view().healthy) {
        member->Kill();
        Start(*member);
      }
    }
    if (round % 2000 == 0) StartLeader();
    if (round % 20 == 0) Lead(*leaders_.back());
    for (NetworkLink& link : links_) {
      Deliver(link);
      RunFeeder(link);
    }
    while (!requests_.empty()) DeliverRequest();
    while (!answers_.empty()) DeliverAnswer();
    for (const auto& member : members_) {
      member->Flush(100, true);
      member->Run();
      Observe(*member);
    }
    Advance(absl::Milliseconds(1));
    if (round % 20 == 0 && IsLevel()) return CheckWrites();
  }
  std::string all =
      "after healing: no settled master, or the logs are not equal";
  for (const auto& member : members_)
    absl::StrAppend(&all, "\n  ", Describe(*member));
  Violated(all);
}

std::string VirtualCluster::Describe(const VirtualMember& member) const {
  if (!member.alive()) return absl::StrCat(member.name(), " is dead");
  const MemberView view = member.view();
  const Configuration& known = member.InForce();
  std::string line = absl::StrCat(
      member.name(), " ", ToString(view.id), " at ", ToString(view.position),
      " commit ", view.commit, " promised ", view.promise.number,
      member.is_master() ? " master" : "", view.formed ? " formed" : "",
      view.linked ? " linked" : "", "; members",
      known.joint() ? " (joint)" : "");
  for (const Member& m : known.voters())
    absl::StrAppend(&line, " ", m.name, ":", m.id.value);
  return line;
}

bool VirtualCluster::IsLevel() const {
  const VirtualMember* master = nullptr;
  for (const auto& member : members_) {
    if (!member->is_master()) continue;
    if (master != nullptr || !member->core().is_settled_master()) return false;
    master = member.get();
  }
  return master != nullptr && !master->core().configuration().joint() &&
         std::all_of(members_.begin(), members_.end(), [&](const auto& m) {
           return m->log() == master->log() && m->core().state().formed &&
                  !m->undecided() &&
                  (m.get() == master || m->core().follower().linked());
         });
}

// --- The network

VirtualCluster::End* VirtualCluster::EndOf(VirtualMember& member, LinkId id) {
  for (NetworkLink& link : links_) {
    for (End* end : {&link.replica, &link.master}) {
      if (end->member == &member && end->id == id && Lives(*end)) return end;
    }
  }
  return nullptr;
}

bool VirtualCluster::Lives(const End& end) const {
  return end.open && end.member->alive() &&
         end.member->incarnation() == end.incarnation;
}

void VirtualCluster::OnDial(VirtualMember& from, const Dial& dial) {
  const auto to =
      std::find_if(members_.begin(), members_.end(),
                   [&](const auto& m) { return m->name() == dial.address; });
  if (to == members_.end() || !(*to)->alive() || Bad(20)) {
    from.Put(LinkClosed{dial.link, "refused"});
    return;
  }
  NetworkLink& link = links_.emplace_back();
  link.replica = {&from, from.incarnation(), dial.link};
  link.master = {to->get(), (*to)->incarnation(), ++links_accepted_};
  link.master.arriving.push_back(dial.hello);
}

void VirtualCluster::OnCloseLink(VirtualMember& from, LinkId link) {
  if (End* end = EndOf(from, link)) CloseEnd(*end, "closed");
}

void VirtualCluster::CloseEnd(End& end, const std::string& why) {
  if (Lives(end)) end.member->Put(LinkClosed{end.id, why});
  end.open = false;
}

void VirtualCluster::OnSend(VirtualMember& from, LinkId id, Message message) {
  for (NetworkLink& link : links_) {
    if (link.replica.member == &from && link.replica.id == id &&
        Lives(link.replica)) {
      link.master.arriving.push_back(std::move(message));
    }
  }
}

void VirtualCluster::OnFeed(VirtualMember& from, const Feed& feed) {
  for (NetworkLink& link : links_) {
    if (link.master.member == &from && link.master.id == feed.link &&
        Lives(link.master) && !link.feeder) {
      link.feeder = Feeder{.answer = feed.answer};
    }
  }
}

void VirtualCluster::OnFeedKeys(VirtualMember& from, const FeedKeys& feed) {
  for (NetworkLink& link : links_) {
    if (link.master.member == &from && link.master.id == feed.link &&
        link.feeder) {
      link.feeder->keys.push_back(feed.keys);
    }
  }
}

void VirtualCluster::Deliver(NetworkLink& link) {
  DeliverTo(link.master, link.replica);
  DeliverTo(link.replica, link.master);
}

void VirtualCluster::DeliverTo(End& to, const End& from) {
  // What was under way when the other end closed may arrive, or not.
  if (!Lives(from) && Bad(3)) to.arriving.clear();
  if (!Lives(to)) return;
  if (!to.arriving.empty()) {
    to.member->PutMessage(to.id, std::move(to.arriving.front()));
    to.arriving.pop_front();
  } else if (!Lives(from)) {
    CloseEnd(to, "closed by the peer");
  }
}

void VirtualCluster::Break(NetworkLink& link) {
  link.replica.arriving.clear();
  link.master.arriving.clear();
  CloseEnd(link.replica, "broken");
  CloseEnd(link.master, "broken");
}

void VirtualCluster::RunFeeder(NetworkLink& link) {
  if (!link.feeder || !Lives(link.master)) return;
  if (link.replica.arriving.size() > 3) return;  // back-pressure
  Feeder& feeder = *link.feeder;
  if (const Refused* refused = std::get_if<Refused>(&feeder.answer)) {
    if (!feeder.answered) link.replica.arriving.push_back(*refused);
    feeder.answered = true;
    return;
  }
  Welcome& welcome = std::get<Welcome>(feeder.answer);
  if (!feeder.answered) {
    if (welcome.full)
      welcome.from = std::min(link.master.member->last(), welcome.target);
    feeder.next = welcome.from + 1;
    feeder.walk_ended = !welcome.full && !welcome.rewind;
    feeder.answered = true;
    link.replica.arriving.push_back(welcome);
  } else if (feeder.walk_ended) {
    FeedLog(link, welcome);
  } else if (welcome.rewind) {
    AnswerKeys(link);
  } else {
    FeedEntries(link, welcome);
  }
}

void VirtualCluster::AnswerKeys(NetworkLink& link) {
  Feeder& feeder = *link.feeder;
  const VirtualMember& master = *link.master.member;
  if (feeder.keys.empty()) {
    link.replica.arriving.push_back(
        Records{.epoch = master.core().master_epoch(),
                .commit = master.core().commit(),
                .end = master.last()});
    return;
  }
  feeder.walk_ended = !feeder.keys.front().more;
  link.replica.arriving.push_back(Entries{feeder.keys.front().records});
  link.replica.arriving.push_back(EntriesEnd{master.last()});
  feeder.keys.pop_front();
}

// The walk of the model brings the log up to where it began, piece by piece.
void VirtualCluster::FeedEntries(NetworkLink& link, const Welcome& welcome) {
  Feeder& feeder = *link.feeder;
  const VirtualMember& master = *link.master.member;
  if (feeder.walked == welcome.from) {
    feeder.walk_ended = true;
    link.replica.arriving.push_back(EntriesEnd{master.last()});
    return;
  }
  const uint64_t end = std::min(welcome.from, feeder.walked + 8);
  link.replica.arriving.push_back(
      Entries{JoinRecords(master.log(), feeder.walked + 1, end)});
  feeder.walked = end;
}

void VirtualCluster::FeedLog(NetworkLink& link, const Welcome& welcome) {
  Feeder& feeder = *link.feeder;
  VirtualMember& master = *link.master.member;
  if (!master.LogHolds(feeder.next)) return CloseEnd(link.master, "trimmed");
  Records records{.epoch = welcome.epoch,
                  .commit = master.core().commit(),
                  .end = master.last(),
                  .sync = random_.Uniform(master.last() + 1)};
  if (feeder.next <= master.last()) {
    records.first = feeder.next;
    records.last = std::min(master.last(), feeder.next + random_.Uniform(4));
    records.records = JoinRecords(master.log(), records.first, records.last);
    feeder.next = records.last + 1;
  }
  link.replica.arriving.push_back(std::move(records));
}

// --- The leaders

void VirtualCluster::StartLeader() {
  uint64_t number = 0;
  for (const auto& leader : leaders_) {
    number = std::max(number, leader->epoch.number);
  }
  // Two may have won one number, when voters went wrong; never with one id.
  if (number == 0 || !Bad(4)) ++number;
  leaders_.push_back(std::make_unique<Leader>());
  leaders_.back()->epoch = {number, NodeId{leaders_.size()}};
}

VirtualMember* VirtualCluster::WithId(NodeId id) const {
  for (const auto& member : members_) {
    if (member->id() == id) return member.get();
  }
  return nullptr;
}

// The one in the log with the greatest position, whoever has it.
Configuration VirtualCluster::InForceAmong(const Leader& leader) const {
  const MemberView* best = nullptr;
  for (const auto& [id, reply] : leader.fenced) {
    if (reply.view.configuration.version == 0) continue;
    if (best == nullptr || reply.view.position > best->position)
      best = &reply.view;
  }
  return best == nullptr ? group_ : best->configuration;
}

bool VirtualCluster::OnlyAllMembersWillDo(const Leader& leader) const {
  return !InForceAmong(leader).IsFenceQuorum([&](const Member& member) {
    const auto reply = leader.fenced.find(member.id);
    return reply != leader.fenced.end() && reply->second.view.formed;
  });
}

void VirtualCluster::Lead(Leader& leader) {
  const bool all_members = OnlyAllMembersWillDo(leader);
  if (leader.master != nullptr) {
    for (const auto& member : members_) {
      if (member.get() == leader.master || Bad(3)) continue;
      SendTo(*member, leader,
             ReplicaOfRequest{leader.epoch, leader.master->name(),
                              leader.master->name(), leader.master->id()});
    }
  } else if (leader.promote_sent) {
    return;  // and never again: whether it arrived is not known
  } else if (const MemberView* chosen = Choose(leader)) {
    leader.promote_sent = true;
    if (all_members) GiveUpMoreThan(*chosen, leader);
    VirtualMember* to = WithId(chosen->id);
    if (to == nullptr) return;  // wiped since
    SendTo(*to, leader,
           PromoteRequest{.epoch = leader.epoch,
                          .position = chosen->position,
                          .nonce = chosen->nonce,
                          .all_members = all_members,
                          .configuration = group_});
  } else {
    for (const auto& member : members_) {
      if (!Bad(3)) SendTo(*member, leader, FenceRequest{leader.epoch});
    }
  }
}

// A sentinel's leader promotes nobody while an unformed member holds more than the
// formed ones. This one does, as an operator would who gives up what only that one holds.
void VirtualCluster::GiveUpMoreThan(const MemberView& chosen,
                                    const Leader& leader) {
  for (const auto& [id, reply] : leader.fenced) {
    if (reply.view.position <= chosen.position) continue;
    durable_commits_.erase(durable_commits_.begin(),
                           durable_commits_.lower_bound(leader.epoch));
    return;
  }
}

// The one to promote, or null when too few have promised.
const MemberView* VirtualCluster::Choose(const Leader& leader) const {
  const Configuration members = InForceAmong(leader);
  const auto answered = [&](const Member& member) {
    return leader.fenced.contains(member.id);
  };
  if (OnlyAllMembersWillDo(leader) && !members.IsAll(answered)) return nullptr;
  const auto have = [&](auto property) {
    return std::any_of(leader.fenced.begin(), leader.fenced.end(),
                       [&](const auto& each) {
                         return members.Find(each.first) != nullptr &&
                                property(each.second.view);
                       });
  };
  const bool formed = have([](const MemberView& v) { return v.formed; });
  const bool lineage =
      have([](const MemberView& v) { return static_cast<bool>(v.lineage); });
  const MemberView* best = nullptr;
  for (const auto& [id, reply] : leader.fenced) {
    if (members.Find(id) == nullptr) continue;
    if (formed && !reply.view.formed) continue;
    if (lineage && !reply.view.lineage) continue;
    if (best != nullptr && reply.view.position <= best->position) continue;
    best = &reply.view;
  }
  return best;
}

void VirtualCluster::SendTo(VirtualMember& to, Leader& from, Request request) {
  if (requests_.size() > 50) {
    std::swap(requests_[random_.Uniform(requests_.size())], requests_.back());
    requests_.pop_back();
  }
  requests_.push_back({&to, &from, std::move(request)});
}

void VirtualCluster::DeliverRequest() {
  if (requests_.empty()) return;
  const size_t i = random_.Uniform(requests_.size());
  const Sent sent = requests_[i];
  if (!Bad(4)) {  // else it will come once more
    requests_[i] = std::move(requests_.back());
    requests_.pop_back();
  }
  if (!sent.to->alive()) return;
  const Token token = ++tokens_;
  askers_[token] = sent.from;
  if (const auto* fence = std::get_if<FenceRequest>(&sent.request)) {
    sent.to->Put(FenceAsked{token, *fence});
  } else if (const auto* promote = std::get_if<PromoteRequest>(&sent.request)) {
    sent.to->Put(PromoteAsked{token, *promote});
  } else {
    sent.to->Put(
        ReplicaOfAsked{token, std::get<ReplicaOfRequest>(sent.request)});
  }
}

void VirtualCluster::OnAnswer(VirtualMember& from, Token token, Answer answer) {
  const MemberView& view = std::visit(
      [](const auto& a) -> const MemberView& { return a.view; }, answer);
  if (view.healthy) {
    if (from.on_disk().promise < view.promise) {
      Violated(absl::StrCat(from.name(), " told a promise not on disk"));
    }
    promised_[view.id] = std::max(promised_[view.id], view.promise);
  }
  answers_.push_back({&from, askers_[token], std::move(answer)});
}

void VirtualCluster::DeliverAnswer() {
  if (answers_.empty()) return;
  const size_t i = random_.Uniform(answers_.size());
  const Answered answered = std::move(answers_[i]);
  answers_.erase(answers_.begin() + static_cast<std::ptrdiff_t>(i));
  if (Bad(5)) return;
  Leader& leader = *answered.to;
  if (const auto* fence = std::get_if<FenceReply>(&answered.answer)) {
    if (fence->promised) leader.fenced.insert_or_assign(fence->view.id, *fence);
  } else if (const auto* promote =
                 std::get_if<PromoteReply>(&answered.answer)) {
    if (promote->promoted) leader.master = answered.from;
  }
}

// --- Time and misfortune

void VirtualCluster::Advance(absl::Duration d) {
  now_ = now_ + d;
  links_.remove_if([this](const NetworkLink& each) {
    return !Lives(each.replica) && !Lives(each.master);
  });
  if (now_ < tick_at_) return;
  tick_at_ = now_ + absl::Milliseconds(50);
  for (const auto& member : members_) {
    if (member->alive()) member->Put(Ticked{});
  }
}

void VirtualCluster::Start(VirtualMember& member) {
  member.Start(random_.Next() | 1);
  ++tally_.restarts;
  if (member.on_disk().promise < promised_[member.id()]) {
    Violated(absl::StrCat(member.name(), " forgot a promise"));
  }
}

void VirtualCluster::Misfortunes() {
  VirtualMember& member = Any();
  if (!member.alive()) {
    if (random_.Uniform(15) == 0) Start(member);
    return;
  }
  if (Bad(300)) {
    member.Kill();
  } else if (Bad(200) && misfortune_.power_cuts > 0) {
    --misfortune_.power_cuts;
    member.CutPower(random_.Uniform(3));
  } else if (Bad(60) && !links_.empty()) {
    Break(*std::next(links_.begin(), static_cast<std::ptrdiff_t>(
                                         random_.Uniform(links_.size()))));
  } else if (Bad(1500) && misfortune_.newcomers > 0) {
    MayWipe(member);
  } else if (Bad(100)) {
    member.TrimLog(random_.Uniform(member.last() + 1));
  }
}

// --- Changes of members

// Of whoever thinks that it is the master; what makes no sense is refused.
void VirtualCluster::AskForChange() {
  using Kind = ChangeRequest::Kind;
  constexpr Kind kKinds[] = {Kind::kAddMember, Kind::kAddReader, Kind::kRemove,
                             Kind::kReplace};
  VirtualMember& asked = Any();
  if (!asked.is_master()) return;
  const Configuration& present = asked.core().configuration();
  ChangeRequest request{.kind = kKinds[random_.Uniform(4)],
                        .name = Any().name(),
                        .newcomer = Any().name()};
  // What is lost has to be replaced some time.
  for (const Member& member : present.members) {
    if (WithId(member.id) == nullptr)
      request = {Kind::kReplace, member.name, Any().name()};
  }
  // In a group of two the loss of one stops the other.
  if (request.kind == Kind::kRemove && present.size() <= 3) return;
  asked.Put(ChangeAsked{++tokens_, request, now_ + absl::Seconds(1)});
}

// The group must be able to go on without it.
void VirtualCluster::MayWipe(VirtualMember& member) {
  if (std::none_of(members_.begin(), members_.end(), [](const auto& each) {
        return each->alive() && each->core().is_settled_master();
      })) {
    return;
  }
  for (const auto& each : members_) {
    if (!each->alive()) return;
    const Configuration& known = each->InForce();
    if (known.version > 0 && known.size() < 3) return;
    for (const Member& named : known.voters()) {
      const VirtualMember* there = WithId(named.id);
      if (there == nullptr || !there->alive() || !there->view().formed) return;
    }
  }
  ++tally_.wipes;
  member.Wipe(NodeId{++ids_});
}

// The one that it goes by is the last one that its log has, at every moment.
void VirtualCluster::CheckConfiguration(VirtualMember& member) {
  if (!member.view().healthy) return;
  const Configuration* last = member.LastInLog();
  const Configuration& known = member.InForce();
  if (last != nullptr ? known != *last : known.version != 0) {
    Violated(absl::StrCat(member.name(), " goes by version ", known.version,
                          " of the members, and its log has version ",
                          last != nullptr ? last->version : 0));
  }
}

// --- Checks

void VirtualCluster::Violated(const std::string& what) {
  if (violation_.empty()) violation_ = what;
}

void VirtualCluster::Observe(VirtualMember& member) {
  if (!member.alive()) return;
  if (member.core().state().promise < promised_[member.id()]) {
    Violated(absl::StrCat(member.name(), "'s promise fell"));
  }
  CheckPrefixes(member);
  CheckConfiguration(member);
  if (!member.is_master()) {
    tally_.full_syncs += member.core().follower().full_syncs() > 0;
    tally_.rewinds += member.core().follower().rewinds() > 0;
    return;
  }
  CheckReign(member);
  const Epoch epoch = member.core().master_epoch();
  const CommitPoint& at = member.core().leader()->commit_point();
  if (at.index > commits_[epoch].index) {
    ++tally_.commits;
    commits_[epoch] = {at.index, member.PrefixAt(at.index)};
    if (commits_must_survive_) CheckCommit(epoch, commits_[epoch]);
  }
  if (at.durable > durable_commits_[epoch].index) {
    ++tally_.durable_commits;
    durable_commits_[epoch] = {at.durable, member.PrefixAt(at.durable)};
    CheckCommit(epoch, durable_commits_[epoch]);
  }
}

// Equal (lineage, epoch, index), equal prefix. A digest covers all before it, so
// the newest records are enough.
void VirtualCluster::CheckPrefixes(VirtualMember& member) {
  // A commit of staged data that failed leaves the new history over the old log
  // in memory; such a member promises nothing and is never promoted.
  if (!member.view().healthy) return;
  const MemberState& state = member.core().state();
  const uint64_t last = member.last();
  for (uint64_t i = last > 10 ? last - 10 : 1; i <= last; ++i) {
    const auto [known, fresh] = prefixes_.try_emplace(
        {state.lineage, state.history.PositionAt(i)}, member.PrefixAt(i));
    if (known->second != member.PrefixAt(i)) {
      Violated(absl::StrCat(member.name(), " differs at ",
                            ToString(state.history.PositionAt(i))));
    }
  }
}

void VirtualCluster::CheckReign(VirtualMember& member) {
  const Epoch epoch = member.core().master_epoch();
  const auto [reign, begins] =
      reigns_.try_emplace(epoch, Reign{&member, member.incarnation(), {}});
  if (reign->second.member != &member ||
      reign->second.incarnation != member.incarnation()) {
    return Violated(absl::StrCat("two masters in epoch ", ToString(epoch)));
  }
  if (!begins) return;
  ++tally_.promotions;
  for (uint64_t i = 1; i <= member.last(); ++i) {
    reign->second.prefix.push_back(member.PrefixAt(i));
  }
  for (const auto& [older, commit] : commits_) {
    if (older < epoch && commits_must_survive_) CheckCommit(older, commit);
  }
  // Whatever power cuts there were.
  for (const auto& [older, commit] : durable_commits_) {
    if (older < epoch) CheckCommit(older, commit);
  }
}

// What is committed is in the log of every master of a later epoch.
void VirtualCluster::CheckCommit(const Epoch& epoch, const Commit& commit) {
  if (commit.index == 0) return;
  for (const auto& [later, reign] : reigns_) {
    if (later <= epoch) continue;
    if (reign.prefix.size() < commit.index ||
        reign.prefix[commit.index - 1] != commit.prefix) {
      Violated(absl::StrCat("committed in ", ToString(epoch), " at ",
                            commit.index, ", not in the log of master ",
                            reign.member->name(), " of ", ToString(later)));
    }
  }
}

// In the end each write that a master accepted is in the group's log, or was told as
// dropped, and not both; unless it went with a process or a machine.
void VirtualCluster::CheckWrites() {
  std::map<Position, std::string> accepted;
  std::set<Position> lost;
  std::set<Position> dropped;
  const VirtualMember& any = *members_.front();
  const History& history = any.core().state().history;
  for (const auto& member : members_) {
    accepted.insert(member->accepted().begin(), member->accepted().end());
    lost.insert(member->lost().begin(), member->lost().end());
  }
  for (const auto& member : members_) {
    std::set<Position> told;
    for (const auto& [at, record] : member->dropped()) {
      if (!told.insert(at).second)
        Violated(absl::StrCat(member->name(), " told ", record, " twice"));
      const auto write = accepted.find(at);
      if (write == accepted.end()) continue;  // a marker
      dropped.insert(at);
      if (write->second != record) {
        Violated(absl::StrCat("dropped as ", record, ", written as ",
                              write->second));
      }
    }
  }
  tally_.dropped += static_cast<int>(dropped.size());
  for (const auto& [at, record] : accepted) {
    const bool there =
        at.index <= any.last() && history.EpochAt(at.index) == at.epoch;
    if (there && any.log()[at.index - 1] != record)
      Violated(absl::StrCat(record, " became ", any.log()[at.index - 1]));
    if (there && dropped.contains(at) && commits_must_survive_)
      Violated(absl::StrCat(record, " was told as dropped, and is there"));
    if (!there && !dropped.contains(at) && !lost.contains(at))
      Violated(absl::StrCat(record, " at ", ToString(at), " disappeared"));
  }
}

}  // namespace vigil::replication
