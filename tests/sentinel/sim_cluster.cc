#include "tests/sentinel/sim_cluster.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace vigil::sentinel {

using replication::FenceRequest;
using replication::PromoteReply;
using replication::PromoteRequest;
using replication::ReplicaOfRequest;

namespace {

constexpr absl::Duration kSyncPeriod = absl::Milliseconds(20);

std::string PortOf(size_t index) {
  return absl::StrCat("127.0.0.1:", 7001 + index);
}

}  // namespace

SimCluster::SimCluster(const Settings& settings)
    : settings_(settings), random_(settings.seed) {
  for (size_t i = 0; i < settings.names.size(); ++i) {
    const std::string& name = settings.names[i];
    nodes_[name] = std::make_unique<Node>(name, PortOf(i), NodeId{0xa + i});
  }
  Schedule(now_ + kSyncPeriod, [this] { Sync(); });
}

// --- Faults.

void SimCluster::Start(const std::string& name) {
  Node& starting = node(name);
  if (starting.core != nullptr) return;
  ++starting.start;
  starting.paused = false;
  starting.held.clear();
  starting.member.Restart(random_.Next());
  Options options{.group = "g",
                  .name = name,
                  .id = starting.member.view().id,
                  .members = {},
                  .quorum = settings_.quorum,
                  .down_after = settings_.down_after,
                  .failover_timeout = settings_.failover_timeout,
                  .fast_fail = settings_.fast_fail,
                  .seed = random_.Next()};
  for (size_t i = 0; i < settings_.names.size(); ++i) {
    options.members.push_back({settings_.names[i], PortOf(i), {}});
  }
  PersistentState state;
  if (!starting.saved.empty()) state = *DecodePersistentState(starting.saved);
  starting.core = std::make_unique<Sentinel>(options, state, now_);
  StepNode(starting, TimePassed{});
}

void SimCluster::Kill(const std::string& name) {
  Node& dying = node(name);
  dying.core.reset();
  dying.paused = false;
  // Its peers' calls are reset.
  std::vector<uint64_t> broken;
  for (const auto& [token, call] : calls_) {
    if (call.to == name && call.to_start == dying.start)
      broken.push_back(token);
  }
  for (const uint64_t token : broken) {
    if (!Connected(calls_.at(token).from, name)) continue;
    Schedule(now_ + Delay(),
             [this, token] { Finish(token, Failure::kRefused); });
  }
}

void SimCluster::Pause(const std::string& name) { node(name).paused = true; }

void SimCluster::Resume(const std::string& name) {
  Node& resuming = node(name);
  if (!resuming.paused) return;
  resuming.paused = false;
  std::deque<Event> held = std::exchange(resuming.held, {});
  for (const Event& event : held) StepNode(resuming, event);
  StepNode(resuming, TimePassed{});
}

void SimCluster::Wipe(const std::string& name) {
  Node& wiped = node(name);
  wiped.saved.clear();
  wiped.member.Wipe(NodeId{wiped.member.view().id.value + 0x100});
}

void SimCluster::Partition(const std::vector<std::set<std::string>>& groups) {
  groups_ = groups;
}

void SimCluster::Write(const std::string& name, int records) {
  if (node(name).member.is_master()) node(name).member.Write(records);
}

void SimCluster::AskFromOutside(const std::string& to, Question question) {
  const uint64_t token = ++tokens_;
  Deliver(node(to), QuestionAsked{token, std::move(question)});
}

// --- Time and network.

void SimCluster::Schedule(MonoTime at, std::function<void()> run) {
  queue_.push({at, ++order_, std::move(run)});
}

absl::Duration SimCluster::Delay() {
  return random_.Between(absl::Microseconds(100), absl::Microseconds(600));
}

bool SimCluster::Connected(const std::string& a, const std::string& b) const {
  if (groups_.empty()) return true;
  return std::any_of(groups_.begin(), groups_.end(), [&](const auto& group) {
    return group.contains(a) && group.contains(b);
  });
}

void SimCluster::RunUntil(MonoTime end) {
  while (!queue_.empty() && queue_.top().at <= end && violation_.empty()) {
    Happening next = queue_.top();
    queue_.pop();
    now_ = next.at;
    next.run();
  }
  now_ = end;
}

void SimCluster::Deliver(Node& to, Event event) {
  if (to.core == nullptr) return;
  if (to.paused) {
    to.held.push_back(std::move(event));
  } else {
    StepNode(to, event);
  }
}

void SimCluster::StepNode(Node& stepping, const Event& event) {
  if (stepping.core == nullptr) return;
  const uint64_t start = stepping.start;
  const std::vector<Action> actions =
      stepping.core->Step(event, stepping.member.view(), now_);
  for (const Action& action : actions) {
    const bool go_on = std::visit(
        [&](const auto& what) { return Execute(stepping, what); }, action);
    if (!go_on || stepping.core == nullptr || stepping.start != start) return;
  }
  ScheduleWake(stepping);
}

void SimCluster::ScheduleWake(Node& waking) {
  const uint64_t generation = ++waking.wake_generation;
  Schedule(std::max(waking.core->wake(), now_ + absl::Microseconds(1)),
           [this, &waking, generation] {
             if (waking.core == nullptr || waking.wake_generation != generation)
               return;
             if (!waking.paused) StepNode(waking, TimePassed{});
           });
}

// --- Actions.

bool SimCluster::Execute(Node& asker, const Ask& ask) {
  ++asks_;
  const Topic topic = TopicOf(ask.question.body);
  if (kill_asker_of_ == topic) {
    kill_asker_of_.reset();
    Note(asker.name, "(killed by the test)");
    Kill(asker.name);
    return false;
  }
  if (const auto* promote = std::get_if<PromoteRequest>(&ask.question.body)) {
    if (++promotes_asked_[promote->epoch] > 1) {
      Violated(
          absl::StrCat("two Promotes in epoch ", ToString(promote->epoch)));
    }
  }
  if (const auto* vote = std::get_if<VoteRequest>(&ask.question.body)) {
    if (!vote->pre) CheckVote(asker.name, vote->number, ask.question.id);
  }
  const uint64_t token = ++tokens_;
  Node& asked = node(ask.to);
  calls_[token] = {asker.name,  ask.to,    asker.start,
                   asked.start, ask.round, ask.question};
  if (ask.to == asker.name) {
    Schedule(now_ + Delay(), [this, token, &asker, body = ask.question.body] {
      if (calls_.contains(token) && asker.core != nullptr && !asker.paused) {
        Finish(token, AskMember(asker, body));
      }
    });
    return true;
  }
  Schedule(now_ + ask.timeout,
           [this, token] { Finish(token, Failure::kTimeout); });
  if (Lost()) return true;
  Schedule(now_ + Delay(),
           [this, token, &asker, &asked, question = ask.question] {
             if (!calls_.contains(token) || !Connected(asker.name, asked.name))
               return;
             if (asked.core != nullptr) {
               calls_[token].to_start = asked.start;
               return Deliver(asked, QuestionAsked{token, question});
             }
             Schedule(now_ + Delay(),
                      [this, token] { Finish(token, Failure::kRefused); });
           });
  return true;
}

bool SimCluster::Execute(Node& replier, const Reply& reply) {
  const auto call = calls_.find(reply.token);
  if (call == calls_.end()) return true;
  const Question& question = call->second.question;
  if (const auto* vote = std::get_if<VoteRequest>(&question.body);
      vote != nullptr && !vote->pre && reply.answer.ok() &&
      std::get<VoteReply>(*reply.answer).granted) {
    CheckVote(replier.name, vote->number, question.id);
  }
  if (Lost() || lost_answers_ == call->second.topic()) return true;
  if (!Connected(replier.name, call->second.from)) return true;
  std::variant<Answer, Failure> result = Failure::kOther;
  if (reply.answer.ok()) result = *reply.answer;
  Schedule(now_ + Delay(),
           [this, token = reply.token, result] { Finish(token, result); });
  return true;
}

bool SimCluster::Execute(Node& passing, const PassToMember& pass) {
  return Execute(passing,
                 Reply{pass.token, AskMember(passing, pass.question.body)});
}

bool SimCluster::Execute(Node& saver, const SaveState& save) {
  if (saver.saves_fail) {
    StepNode(saver, SaveFailed{"the test's disk is full"});
    return false;
  }
  saver.saved = save.bytes;
  const Vote vote = DecodePersistentState(save.bytes)->vote;
  CheckVote(saver.name, vote.number, vote.candidate);
  if (random_.Uniform(100) <
      static_cast<uint64_t>(settings_.crash_after_save)) {
    Note(saver.name, "(crashes after saving)");
    Kill(saver.name);
    return false;
  }
  return true;
}

bool SimCluster::Execute(Node& telling, const Announce& announce) {
  Note(telling.name,
       absl::StrCat(announce.event.name, " ", announce.event.text));
  return true;
}

void SimCluster::Finish(uint64_t token, std::variant<Answer, Failure> result) {
  const auto found = calls_.find(token);
  if (found == calls_.end()) return;
  const Call call = found->second;
  calls_.erase(found);
  Node& asker = node(call.from);
  if (asker.start != call.from_start) return;
  if (auto* answer = std::get_if<Answer>(&result)) {
    Deliver(asker, Answered{call.to, call.round, std::move(*answer)});
  } else {
    const Failure failure = std::get<Failure>(result);
    Deliver(asker,
            AskFailed{call.to, call.topic(), call.round, failure,
                      failure == Failure::kRefused ? "refused" : "no answer"});
  }
}

Answer SimCluster::AskMember(Node& asked, const Question::Body& body) {
  if (const auto* fence = std::get_if<FenceRequest>(&body)) {
    return asked.member.Fence(*fence);
  }
  if (const auto* promote = std::get_if<PromoteRequest>(&body)) {
    const PromoteReply reply = asked.member.Promote(*promote);
    if (reply.promoted) CheckPromotion(asked, promote->all_members);
    return reply;
  }
  return asked.member.ReplicaOf(std::get<ReplicaOfRequest>(body));
}

// --- The members' own traffic, and what must hold.

void SimCluster::Sync() {
  for (auto& [name, leading] : nodes_) {
    if (leading->core == nullptr || leading->paused ||
        !leading->member.is_master()) {
      continue;
    }
    int holders = 1;
    for (auto& [other, following] : nodes_) {
      if (other == name || following->core == nullptr || following->paused)
        continue;
      if (!Connected(name, other) || Lost()) continue;
      if (following->member.SyncFrom(leading->member)) ++holders;
    }
    if (!leading->member.is_master()) continue;
    if (holders >= leading->member.configuration().commit_quorum()) {
      committed_ = leading->member.log();
    }
  }
  Schedule(now_ + kSyncPeriod, [this] { Sync(); });
}

std::optional<std::string> SimCluster::SettledMaster() {
  const Node* best = nullptr;
  for (const auto& [name, candidate] : nodes_) {
    if (candidate->core == nullptr || !candidate->member.is_master()) continue;
    if (best == nullptr || candidate->member.epoch() > best->member.epoch()) {
      best = candidate.get();
    }
  }
  if (best == nullptr) return std::nullopt;
  int holders = 1;
  for (const auto& [name, other] : nodes_) {
    if (other->core == nullptr || other.get() == best) continue;
    const bool follows = other->member.master() == best->name &&
                         other->member.epoch() == best->member.epoch() &&
                         other->member.log() == best->member.log();
    if (follows) ++holders;
  }
  const bool settled = holders >= best->member.configuration().commit_quorum();
  return settled ? std::optional(best->name) : std::nullopt;
}

Status SimCluster::status(const std::string& name) {
  return node(name).core->status(now_);
}

void SimCluster::CheckVote(const std::string& voter, uint64_t number,
                           NodeId candidate) {
  const auto key = std::pair(node(voter).member.view().id, number);
  const auto [it, first] = votes_.emplace(key, candidate);
  if (!first && it->second != candidate) {
    Violated(absl::StrCat(voter, " voted twice in epoch ", number));
  }
}

void SimCluster::CheckPromotion(const Node& promoted, bool all_members) {
  const Epoch epoch = promoted.member.epoch();
  if (!masters_.emplace(epoch, promoted.name).second) {
    Violated(absl::StrCat("two masters in epoch ", ToString(epoch)));
  }
  const auto& log = promoted.member.log();
  const auto missing = std::mismatch(committed_.begin(), committed_.end(),
                                     log.begin(), log.end());
  if (missing.first == committed_.end()) return;
  if (!all_members)
    Violated(absl::StrCat(promoted.name, " lacks committed records"));
  // The one rule under which a power loss may cost them.
  committed_.erase(missing.first, committed_.end());
}

void SimCluster::Violated(const std::string& what) {
  if (violation_.empty()) violation_ = what;
  Note("*", absl::StrCat("VIOLATION ", what));
}

void SimCluster::Note(const std::string& name, const std::string& text) {
  log_.push_back({now_, name, text});
}

std::string SimCluster::LogText() const {
  std::string text;
  for (const Line& line : log_) {
    absl::StrAppendFormat(&text, "%9.1fms %s %s\n",
                          static_cast<double>(line.at.ns) / 1e6, line.node,
                          line.text);
  }
  return text;
}

}  // namespace vigil::sentinel
