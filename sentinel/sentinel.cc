#include "sentinel/sentinel.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "sentinel/event_names.h"

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

namespace {

constexpr size_t kStrangersReported = 16;

// The view that an answer carries; nullptr for a vote.
const MemberView* ViewIn(const Answer& answer) {
  if (const auto* pong = std::get_if<Pong>(&answer)) return &pong->view;
  if (const auto* fence = std::get_if<FenceReply>(&answer)) return &fence->view;
  if (const auto* promote = std::get_if<PromoteReply>(&answer))
    return &promote->view;
  if (const auto* follow = std::get_if<ReplicaOfReply>(&answer))
    return &follow->view;
  return nullptr;
}

// A leader speaks only for the epoch that it won itself.
bool SpeaksForItself(const Question& question) {
  const NodeId asker = question.id;
  if (const auto* fence = std::get_if<FenceRequest>(&question.body)) {
    return fence->epoch.leader == asker;
  }
  if (const auto* promote = std::get_if<PromoteRequest>(&question.body)) {
    return promote->epoch.leader == asker;
  }
  if (const auto* follow = std::get_if<ReplicaOfRequest>(&question.body)) {
    return follow->epoch.leader == asker;
  }
  return true;
}

// A newcomer may ask who the members are, and nothing else.
bool Joins(const Question& question) {
  const auto* ping = std::get_if<Ping>(&question.body);
  return ping != nullptr && ping->joins;
}

// Stands for a node of which only the address is known; no name has this letter.
constexpr char kSeed = '@';

}  // namespace

Sentinel::Sentinel(const Options& options, const PersistentState& state,
                   MonoTime now)
    : options_(options),
      outbox_(options),
      topology_(options, now),
      tilt_(options.tilt_threshold(), options.down_after),
      watch_(options),
      election_(options, state, topology_, outbox_),
      failover_(options, topology_, outbox_),
      repoint_due_(now),
      seek_due_(now),
      wake_(now) {}

std::vector<Action> Sentinel::Step(const Event& event, const MemberView& own,
                                   MonoTime now) {
  NoticeStall(now);
  LearnView(topology_.own(), own, now);
  // A failover has its own list of those whom it asks.
  if (!failover_.running()) topology_.FollowConfiguration(now);
  std::visit([&](const auto& happened) { Handle(happened, now); }, event);
  Watch(now);
  Act(now);
  SendPings(now);
  wake_ = NextWake(now);
  tilt_.Arm(wake_);
  return outbox_.Take();
}

// --- Monitor.

void Sentinel::NoticeStall(MonoTime now) {
  const absl::Duration stall = tilt_.Stall(now);
  if (stall == absl::ZeroDuration()) return;
  for (Instance& instance : topology_.instances()) {
    if (!instance.sdown) instance.detector.Restart(now);
  }
  election_.RestartTimeouts(now);
  failover_.RestartTimeouts(now);
  topology_.HurryPings(now);
  if (!tilt_.active()) {
    outbox_.Announce(
        event_names::kTilt,
        absl::StrCat("stood still for ", absl::FormatDuration(stall)));
  }
  tilt_.Begin(topology_.newest_ping(), now);
}

absl::Status Sentinel::Admit(const Question& question) {
  std::string why;
  if (question.group != options_.group) {
    why = absl::StrCat("is of group \"", question.group, "\", not \"",
                       options_.group, "\"");
  } else if (std::string other = replication::Difference(
                 options_.shared_options, question.options);
             !other.empty()) {
    why = absl::StrCat("is not configured as this node: ", other);
  } else if ((topology_.Find(question.from) == nullptr && !Joins(question)) ||
             question.from == options_.name) {
    why = "is not another member of this group";
  } else if (!SpeaksForItself(question)) {
    why = "speaks for an epoch that another leads";
  } else {
    return absl::OkStatus();
  }
  // Once each, and not without end: anyone can make up names.
  if (strangers_.size() < kStrangersReported &&
      strangers_.insert(question.from).second) {
    outbox_.Announce(event_names::kStranger,
                     absl::StrCat(question.from, " ", why));
  }
  return absl::PermissionDeniedError(absl::StrCat(question.from, " ", why));
}

void Sentinel::Handle(const QuestionAsked& asked, MonoTime now) {
  if (absl::Status admitted = Admit(asked.question); !admitted.ok()) {
    outbox_.Add(Reply{asked.token, std::move(admitted)});
    return;
  }
  switch (TopicOf(asked.question.body)) {
    case Topic::kPing:
      return HandlePing(asked, now);
    case Topic::kVote:
      return election_.Vote(asked, situation(), now);
    case Topic::kFence:
    case Topic::kPromote:
    case Topic::kReplicaOf:
      return outbox_.Add(PassToMember{asked.token, asked.question});
  }
}

void Sentinel::HandlePing(const QuestionAsked& asked, MonoTime now) {
  const auto& ping = std::get<Ping>(asked.question.body);
  // A newcomer is answered, and not heard.
  if (Instance* peer = topology_.Find(asked.question.from); peer != nullptr) {
    Hear(*peer, ping.epoch, ping.opinion, now);
    peer->ping.opinion_outdated = peer->ping.sent;
    // It is back, or new: no need to wait for the next round to find out.
    if (peer->sdown || !peer->detector.heard()) peer->ping.due = now;
  }
  outbox_.Add(Reply{
      asked.token, Answer(Pong{*topology_.own().view, election_.voter().epoch(),
                               watch_.opinion(topology_)})});
}

void Sentinel::Hear(Instance& instance, uint64_t epoch, const Opinion& opinion,
                    MonoTime now) {
  instance.opinion = opinion;
  instance.opinion_at = now;
  topology_.Learn(opinion);
  election_.Saw(std::max(epoch, opinion.epoch.number));
  // Somebody misses the master: look now and not only when the next ping is due.
  Instance* master = topology_.Find(topology_.newest_master());
  if (opinion.master_down && master != nullptr && !master->sdown) {
    master->ping.due = std::min(master->ping.due, now);
  }
}

void Sentinel::Handle(const Answered& answered, MonoTime now) {
  if (answered.from[0] == kSeed) {
    seed_refusal_.clear();
    if (const auto* pong = std::get_if<Pong>(&answered.answer))
      topology_.Adopt(pong->view);
    return;
  }
  Instance* instance = topology_.Find(answered.from);
  if (instance == nullptr) return;
  if (TopicOf(answered.answer) == Topic::kPing) {
    return HandlePong(*instance, answered, now);
  }
  if (const MemberView* view = ViewIn(answered.answer); view != nullptr) {
    instance->ping.outdated = instance->ping.sent;
    if (!instance->own) LearnView(*instance, *view, now);
  }
  if (TopicOf(answered.answer) == Topic::kVote) {
    election_.OnReply(answered);
  } else {
    failover_.OnReply(answered, now);
  }
}

void Sentinel::HandlePong(Instance& instance, const Answered& answered,
                          MonoTime now) {
  const Pong& pong = std::get<Pong>(answered.answer);
  PingLog& log = instance.ping;
  log.settled = std::max(log.settled, answered.round);
  if (pong.view.name != instance.name)
    return;  // another node lives at its address
  instance.detector.Answered(now);
  instance.refusal.clear();
  if (answered.round > log.opinion_outdated) {
    Hear(instance, pong.epoch, pong.opinion, now);
  }
  const bool newest = answered.round > std::max(log.answered, log.outdated);
  log.answered = std::max(log.answered, answered.round);
  if (newest) LearnView(instance, pong.view, now);
}

// Words about a peer whose data are not this group's; empty: they may be.
std::string Sentinel::OtherLineage(const Instance& peer) const {
  const Lineage own = topology_.own().view->lineage;
  if (!peer.view || !own || !peer.view->lineage || peer.view->lineage == own)
    return {};
  return absl::StrCat("; it holds data of another lineage (",
                      vigil::ToString(peer.view->lineage), ", here ",
                      vigil::ToString(own), ")");
}

// Why one of the two does not let the other in.
std::string Sentinel::RefusalOf(const Instance& peer) const {
  if (!peer.refusal.empty() || !peer.view || topology_.Counts(peer))
    return peer.refusal;
  return absl::StrCat("this node does not count ", peer.address,
                      ": the group knows '", peer.name,
                      "' under another identity", OtherLineage(peer));
}

void Sentinel::LearnView(Instance& instance, const MemberView& view,
                         MonoTime now) {
  const Topology::News news = topology_.Learn(instance, view, now);
  if (news.identity_lost) {
    outbox_.Announce(
        event_names::kIdentityLost,
        absl::StrCat(instance.name, " answers as ", vigil::ToString(view.id),
                     ", which the group's configuration does not name",
                     OtherLineage(instance)));
  }
  if (!topology_.Counts(instance)) return;
  election_.Saw(std::max(view.promise.number, view.epoch.number));
  if (news.rebooted) {
    outbox_.Announce(event_names::kReboot, topology_.Describe(instance));
  }
  if (news.role_changed) {
    outbox_.Announce(
        event_names::kRoleChange,
        absl::StrCat(topology_.Describe(instance), " new reported role is ",
                     view.role == Role::kMaster ? "master" : "replica"));
  }
}

void Sentinel::Handle(const AskFailed& failed, MonoTime now) {
  if (failed.to[0] == kSeed) seed_refusal_ = failed.why;
  Instance* instance = topology_.Find(failed.to);
  if (instance == nullptr) return;
  switch (failed.topic) {
    case Topic::kPing:
      break;
    case Topic::kVote:
      return election_.OnFailure(failed);
    case Topic::kFence:
    case Topic::kPromote:
    case Topic::kReplicaOf:
      return failover_.OnFailure(failed, now);
  }
  const bool newest = failed.round > instance->ping.settled;
  instance->ping.settled = std::max(instance->ping.settled, failed.round);
  if (newest) HearRefusal(*instance, failed);
  if (failed.failure != Failure::kRefused) return instance->detector.Failed();
  instance->detector.Refused(failed.round, instance->ping.sent);
  if (options_.fast_fail && instance->detector.refused_once()) {
    instance->ping.due =
        std::min(instance->ping.due, now + options_.refusal_retry());
  }
}

// Of a peer that does not answer at all nobody knows whether it still refuses.
void Sentinel::HearRefusal(Instance& instance, const AskFailed& failed) {
  if (failed.failure != Failure::kUnwelcome) return instance.refusal.clear();
  if (instance.refusal == failed.why) return;
  instance.refusal = failed.why;
  outbox_.Announce(
      event_names::kUnwelcome,
      absl::StrCat(topology_.Describe(instance), " ", instance.refusal));
}

void Sentinel::Handle(const SaveFailed& failed, MonoTime) {
  election_.Retire(failed.why);
  failover_.Cancel();
  outbox_.Announce(event_names::kStateNotSaved,
                   absl::StrCat(options_.name, " votes no more: ", failed.why));
}

void Sentinel::Watch(MonoTime now) {
  if (tilt_.TryEnd(topology_, now)) {
    outbox_.Announce(event_names::kTiltEnd, "heard from the peers again");
  }
  JudgePeers(now);
  JudgeMaster(now);
}

void Sentinel::JudgePeers(MonoTime now) {
  for (Instance& instance : topology_.instances()) {
    if (instance.own) continue;
    const bool down = instance.detector.Down(now);
    // An answer ends it at once; only a suspicion has to wait for the end of
    // TILT.
    if (down == instance.sdown || (down && tilt_.active())) continue;
    instance.sdown = down;
    outbox_.Announce(down ? event_names::kSdown : event_names::kSdownEnd,
                     topology_.Describe(instance));
  }
}

void Sentinel::JudgeMaster(MonoTime now) {
  const bool was_odown = watch_.odown();
  watch_.Update(topology_, !tilt_.active(), now);
  if (watch_.odown() != was_odown) {
    const std::string& name = topology_.newest_master();
    const std::string master = absl::StrCat(
        "master ", name.empty() ? "-" : name, " ", topology_.HostAndPort(name));
    if (watch_.odown()) {
      outbox_.Announce(event_names::kOdown,
                       absl::StrCat(master, " #quorum ", watch_.agreeing(), "/",
                                    topology_.quorum(), " ", watch_.why()));
    } else {
      outbox_.Announce(event_names::kOdownEnd, master);
    }
  }
  const Instance* master = topology_.StandingMaster();
  if (master != nullptr && master->view->epoch > announced_epoch_) {
    announced_epoch_ = master->view->epoch;
    if (master->name != announced_master_) {
      std::string before = announced_master_.empty()
                               ? topology_.previous_master()
                               : announced_master_;
      if (before == master->name)
        before.clear();  // promoted anew: first told here
      outbox_.Announce(
          event_names::kSwitchMaster,
          absl::StrCat(options_.group, " ", topology_.HostAndPort(before), " ",
                       topology_.HostAndPort(master->name)));
      announced_master_ = master->name;
    }
    Instance& promoted = *topology_.Find(master->name);
    if (!promoted.own) promoted.detector.Restart(now);
  }
}

// --- Act.

Election::Situation Sentinel::situation() const {
  return {.master_down = watch_.down(),
          .odown = watch_.odown(),
          .trusted = !tilt_.active(),
          .leads = failover_.running()};
}

void Sentinel::Act(MonoTime now) {
  election_.Advance(situation(), now);
  if (std::optional<Election::Win> win = election_.TakeWin(); win.has_value()) {
    const std::string& master = topology_.newest_master();
    failover_.Begin(
        win->epoch, win->fresh_from,
        absl::StrCat("master ", master.empty() ? "-" : master, " down (",
                     watch_.why(), "), seen by ", watch_.agreeing(), " of ",
                     topology_.size(), ", votes ", win->votes),
        now);
  }
  failover_.Advance(now);
  if (failover_.TakeOutcome() == Failover::Outcome::kAborted) {
    election_.FailoverAborted(now);
  }
  RepointOwnMember(now);
}

// Every sentinel looks after its own member. This is how a master that returns,
// and a member that missed the leader's ReplicaOf, find the present master.
void Sentinel::RepointOwnMember(MonoTime now) {
  const Instance* master = topology_.StandingMaster();
  if (master == nullptr || master->own) {
    astray_since_.reset();
    return;
  }
  const MemberView& own = *topology_.own().view;
  const Epoch& epoch = master->view->epoch;
  const bool follows = own.role == Role::kReplica && own.epoch == epoch &&
                       own.master == master->name;
  if (follows || epoch < own.promise) {
    astray_since_.reset();
    return;
  }
  if (!astray_since_.has_value()) astray_since_ = now;
  // The leader's own ReplicaOf is probably on its way to a replica.
  const absl::Duration patience =
      own.role == Role::kMaster ? absl::ZeroDuration() : options_.ping_period();
  if (now < std::max(repoint_due_, *astray_since_ + patience)) return;
  repoint_due_ = now + options_.ping_period();
  outbox_.Announce(own.role == Role::kMaster ? event_names::kConvertToReplica
                                             : event_names::kFixReplicaConfig,
                   topology_.Describe(topology_.own()));
  outbox_.AskFor(topology_.own(), 0,
                 ReplicaOfRequest{.epoch = epoch,
                                  .master_name = master->name,
                                  .master_address = master->address,
                                  .master_id = master->view->id},
                 options_.failover_timeout);
}

void Sentinel::SendPings(MonoTime now) {
  const Opinion opinion = watch_.opinion(topology_);
  if (std::exchange(said_, opinion) != opinion) topology_.HurryPings(now);
  for (Instance& peer : topology_.instances()) {
    if (peer.own || now < peer.ping.due) continue;
    peer.ping.due = now + options_.ping_period();
    peer.ping.sent = topology_.NextPing();
    outbox_.AskFor(peer, peer.ping.sent,
                   Ping{election_.voter().epoch(), opinion, topology_.joins()},
                   options_.ping_timeout());
  }
  if (topology_.seeking() && now >= seek_due_) Seek(now);
}

void Sentinel::Seek(MonoTime now) {
  seek_due_ = now + options_.ping_period();
  for (const std::string& address : options_.join) {
    if (address == topology_.own().address) continue;
    outbox_.AskAt(kSeed + address, address, 0,
                  Ping{.epoch = election_.voter().epoch(), .joins = true},
                  options_.ping_timeout());
  }
}

MonoTime Sentinel::NextWake(MonoTime now) const {
  // Never longer than a ping period: a stall is noticed by a late wake-up.
  MonoTime next = now + options_.ping_period();
  next = std::min({next, tilt_.deadline(), watch_.deadline(),
                   election_.deadline(), failover_.deadline()});
  for (const Instance& peer : topology_.instances()) {
    if (peer.own) continue;
    next = std::min(next, peer.ping.due);
    if (!peer.sdown) next = std::min(next, peer.detector.deadline());
  }
  return std::max(next, now);
}

std::string Sentinel::Obstacle() const {
  const Configuration& members = topology_.configuration();
  if (topology_.seeking()) {
    return absl::StrCat(
        "no node that this one was told to join has said who "
        "the members are",
        seed_refusal_.empty() ? "" : ": ", seed_refusal_);
  }
  if (topology_.joins()) return {};
  if (!IsMember(members, options_.name, options_.id)) {
    return absl::StrCat("the group knows '", options_.name,
                        "' under another identity: this node lost its own, and "
                        "its vote does not count");
  }
  if (!watch_.down()) return {};
  const FencePlan plan = PlanFence(members, topology_.ReachableViews());
  return plan.rule.has_value() ? std::string() : plan.why;
}

Status Sentinel::status(MonoTime now) const {
  Status status{.failover = std::string(ToString(failover_.state())),
                .master = topology_.newest_master(),
                .epoch = election_.voter().epoch(),
                .master_down = watch_.down(),
                .odown = watch_.odown(),
                .tilt = tilt_.active(),
                .peers = {},
                .obstacle = Obstacle(),
                .explanation = failover_.explanation()};
  if (election_.active()) status.failover = "wait_start";
  for (const Instance& peer : topology_.instances()) {
    if (peer.own) continue;
    status.peers.push_back({peer.name, peer.address, peer.sdown,
                            now - peer.detector.quiet_since(),
                            RefusalOf(peer)});
  }
  return status;
}

}  // namespace vigil::sentinel
