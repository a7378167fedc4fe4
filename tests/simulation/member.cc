#include "tests/simulation/member.h"

#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "replication/identity.h"

namespace vigil::simulation {

using namespace replication;  // NOLINT: its actions and events, all of them

namespace {

// Between two events of a process.
constexpr absl::Duration kTurn = absl::Microseconds(20);

// Of the steps of a full sync or a rewind, one in so many is the last of its process.
constexpr uint64_t kSyncCrash = 10;

bool IsOfSync(const Action& action) {
  return std::holds_alternative<KeepDropped>(action) ||
         std::holds_alternative<BeginRewind>(action) ||
         std::holds_alternative<BeginStaging>(action) ||
         std::holds_alternative<StageEntries>(action) ||
         std::holds_alternative<StageLog>(action) ||
         std::holds_alternative<CommitStaging>(action);
}

// As in published.cc.
auto Noticeable(const MemberView& v) {
  return std::tie(v.role, v.epoch, v.master, v.linked, v.promise, v.lineage,
                  v.formed, v.exact, v.healthy, v.history_epoch,
                  v.configuration);
}

}  // namespace

Member::Member(const Surroundings& surroundings, const Options& options,
               MemberState state, DroppedOptions dropped)
    : world_(surroundings.world),
      host_(surroundings.host),
      engine_(surroundings.engine),
      disk_(surroundings.disk),
      clock_(surroundings.clock),
      machine_at_(surroundings.machine_at),
      options_(options),
      core_(options, std::move(state), engine_.last_index(),
            world_.random.Next(), world_.random.Next()),
      dropped_(engine_, std::move(dropped), {}) {
  PublishStatus();
}

Member::~Member() { world_.streams.Died(*this); }

void Member::Start() {
  dropped_.Recover();
  world_.streams.Listen(*this);
  Tick();
}

Branch Member::branch() const {
  return {log_lineage_, log_history_, engine_.last_index()};
}

// --- What others ask

MemberView Member::view() const {
  MemberView view = view_;
  view.position = history_.PositionAt(engine_.last_index());
  return view;
}

void Member::Fence(const FenceRequest& request,
                   std::function<void(FenceReply)> answer) {
  Put(FenceAsked{Register({.fence = std::move(answer)}), request});
}

void Member::Promote(const PromoteRequest& request,
                     std::function<void(PromoteReply)> answer) {
  Put(PromoteAsked{Register({.promote = std::move(answer)}), request});
}

void Member::ReplicaOf(const ReplicaOfRequest& request,
                       std::function<void(ReplicaOfReply)> answer) {
  Put(ReplicaOfAsked{Register({.replica_of = std::move(answer)}), request});
}

Token Member::Register(Asker asker) {
  askers_.emplace(++tokens_, std::move(asker));
  return tokens_;
}

Member::Asker Member::TakeAsker(Token token) {
  auto node = askers_.extract(token);
  return node.empty() ? Asker{} : std::move(node.mapped());
}

void Member::OnMessage(LinkId link, Message message) {
  MessageReceived event{.link = link, .message = std::move(message)};
  if (const Hello* hello = std::get_if<Hello>(&event.message)) {
    const uint64_t next = CommonIndex(hello->history, hello->position.index,
                                      history_, engine_.last_index()) +
                          1;
    event.log_holds_from = engine_.ReadLog(next, 1).ok() ? next : UINT64_MAX;
  }
  if (const Records* records = std::get_if<Records>(&event.message))
    event.configurations = ConfigurationsIn(records->records);
  Put(std::move(event));
}

void Member::OnClosed(LinkId link, const std::string& why) {
  Put(LinkClosed{link, why});
}

void Member::AskDurable(uint64_t index) {
  if (marks_.sync >= index) return;
  marks_.sync = index;
  for (const auto& [link, feed] : feeds_) OnRoom(link);
}

// --- For readers

void Member::AskRead(MonoTime deadline, ReadAnswered answer) {
  Put(ReadAsked{Register({.read = std::move(answer)}), deadline});
}

void Member::AskCommit(const Epoch& epoch, uint64_t index, MonoTime deadline,
                       ReadAnswered answer) {
  Put(CommitAsked{Register({.read = std::move(answer)}), epoch, index,
                  deadline});
}

void Member::AskRecord(uint64_t epoch, uint64_t index, MonoTime deadline,
                       ReadAnswered answer) {
  Put(RecordAsked{Register({.read = std::move(answer)}), epoch, index,
                  deadline});
}

void Member::ChangeMembers(const ChangeRequest& request, MonoTime deadline,
                           std::function<void(const absl::Status&)> answer) {
  Put(ChangeAsked{Register({.change = std::move(answer)}), request, deadline});
}

LogFacts Member::log_facts() const {
  return {.generation = syncs(),
          .replacing = core_.follower().replacing(),
          .history = log_history_,
          .commit = commit_point_.index};
}

// --- The process' turns

void Member::Put(Event event) {
  inbox_.push_back(std::move(event));
  Wake();
}

void Member::Wake() {
  if (std::exchange(woken_, true)) return;
  host_.Post(kTurn + std::exchange(busy_, {}), [this] { Run(); });
}

void Member::Tick() {
  Put(Ticked{});
  const MonoTime next = clock_.When(clock_.Mono() + options_.heartbeat / 2);
  host_.Post(next - world_.scheduler.now(), [this] { Tick(); });
}

void Member::OnLogMoved() {
  Wake();
  for (const auto& [link, feed] : feeds_) OnRoom(link);
  host_.OnProgress();
}

void Member::Run() {
  woken_ = false;
  std::optional<Event> event;
  if (!inbox_.empty()) {
    event = std::move(inbox_.front());
    inbox_.pop_front();
  }
  StepProgress();
  if (!event || host_.dead()) return;
  const bool ticked = std::holds_alternative<Ticked>(*event);
  if (const auto* closed = std::get_if<LinkClosed>(&*event))
    feeds_.erase(closed->link);
  StepAndExecute(*std::move(event));
  if (host_.dead()) return;
  if (ticked) {
    dropped_.Tidy();
    PublishStatus();
  }
  if (!inbox_.empty()) Wake();
}

void Member::StepProgress() {
  LogProgressed log{.bytes = engine_.appended_bytes()};
  log.last = engine_.last_index();
  log.held = engine_.persisted_index();
  log.durable = engine_.durable_index();
  if (!engine_.health().ok()) StepAndExecute(StorageFailed{});
  if (host_.dead() || (log.last == told_.last && log.held == told_.held &&
                       log.durable == told_.durable)) {
    return;
  }
  told_ = log;
  StepAndExecute(log);
}

void Member::StepAndExecute(Event event) {
  if (const auto* promote = std::get_if<PromoteAsked>(&event)) {
    all_members_ = promote->request.all_members;
    promoted_unformed_ = !core_.state().formed;
  }
  Actions actions = core_.Step(std::move(event), clock_.Mono());
  bool failed = false;
  for (Action& action : actions) {
    if (failed) {
      Abandon(action);
      continue;
    }
    if (world_.weather.crash_one_in > 0 &&
        world_.Bad(world_.weather.crash_one_in)) {
      return host_.Die("crash_between_actions");
    }
    const bool of_sync = IsOfSync(action);
    const bool done = std::visit([&](auto& a) { return Execute(a); }, action);
    if (host_.dead()) return;
    failed = !done;
    if (done && of_sync && world_.weather.crash_in_syncs &&
        world_.Bad(kSyncCrash))
      return host_.Die("crash_in_sync");
  }
  for (Event& outcome : std::exchange(outcomes_, {})) {
    StepAndExecute(std::move(outcome));
    if (host_.dead()) return;
  }
  PublishCommit();
  if (!actions.empty() || core_.is_settled_master() != told_settled_)
    PublishStatus();
}

// Of a step that has failed: nothing of it happens, but a reader still waits, and who
// asked for a change.
void Member::Abandon(Action& action) {
  if (auto* answer = std::get_if<AnswerChange>(&action)) Execute(*answer);
  auto* answer = std::get_if<AnswerRead>(&action);
  if (answer == nullptr) return;
  answer->outcome = ReadOutcome::kNoMaster;
  Execute(*answer);
}

void Member::PublishCommit() {
  const LeaderCore* leader = core_.leader();
  const CommitPoint now = leader != nullptr
                              ? leader->commit_point()
                              : CommitPoint{.index = core_.commit()};
  const CommitPoint before = std::exchange(commit_point_, now);
  if (now.epoch != before.epoch) marks_.sync = 0;
  if (now == before) return;
  marks_.commit = now.index;
  host_.OnProgress();
}

void Member::PublishStatus() {
  const MemberView before =
      std::exchange(view_, core_.ViewAt(engine_.last_index()));
  const bool changed = Noticeable(before) != Noticeable(view_) ||
                       told_settled_ != core_.is_settled_master() ||
                       isolated_ != core_.is_isolated();
  history_ = core_.state().history;
  NameLog();
  // As the others see it: a newcomer is formed for nobody.
  world_.checks.OnState(machine(), view_.formed, branch());
  isolated_ = core_.is_isolated();
  told_settled_ = core_.is_settled_master();
  if (changed) host_.OnRoleChanged();
}

// --- Actions

bool Member::Check(const absl::Status& status, LinkId link) {
  if (status.ok()) return true;
  if (engine_.health().ok()) {
    outcomes_.push_back(ApplyFailed{link, std::string(status.message())});
  } else {
    outcomes_.push_back(StorageFailed{});
  }
  return false;
}

bool Member::CheckBarrier(const absl::Status& status) {
  if (status.ok()) return true;
  outcomes_.push_back(StorageFailed{});
  return false;
}

bool Member::Execute(Persist& action) {
  busy_ += disk_.Latency();
  return CheckBarrier(SaveMemberState(engine_, action.state));
}

bool Member::Execute(CloseGate&) {
  host_.BeforeGateCloses();
  core_.Step(GateClosed{engine_.CloseGate()}, clock_.Mono());
  return true;
}

bool Member::Execute(OpenGate& action) {
  std::vector<engine::Engine::Marker> markers = {
      {engine::RecordType::kEpoch, action.epoch_record}};
  if (!action.configuration_record.empty()) {
    markers.push_back(
        {engine::RecordType::kConfiguration, action.configuration_record});
  }
  history_ = core_.state().history;
  NameLog();
  CheckTold();
  world_.checks.OnMaster(
      machine(), core_.master_epoch(), branch(),
      {.all_members = all_members_, .was_unformed = promoted_unformed_});
  engine_.OpenGate(markers);
  world_.trace.Say(host_.name(),
                   absl::StrCat("master of ", ToString(core_.master_epoch())));
  disk_.OnAppended();
  return true;
}

bool Member::Execute(AppendConfiguration& action) {
  outcomes_.push_back(ConfigurationAppended{engine_.AppendMarker(
      {engine::RecordType::kConfiguration, std::move(action.record)})});
  disk_.OnAppended();
  return true;
}

bool Member::Execute(AnswerChange& action) {
  if (auto answer = TakeAsker(action.token).change) answer(action.status);
  return true;
}

bool Member::Execute(Dial& action) {
  CheckTold();
  world_.streams.Dial(*this, action.link, machine_at_(action.address),
                      std::move(action.hello));
  return true;
}

bool Member::Execute(CloseLink& action) {
  feeds_.erase(action.link);
  world_.streams.Close(*this, action.link, action.why);
  return true;
}

bool Member::Execute(replication::Feed& action) {
  CheckTold();
  if (feeds_.contains(action.link)) return true;
  feeds_[action.link] = std::make_unique<Feed>(
      options_, std::move(action.answer), engine_, clock_, marks_);
  OnRoom(action.link);
  return true;
}

bool Member::Execute(FeedKeys& action) {
  const auto feed = feeds_.find(action.link);
  if (feed == feeds_.end()) return true;
  if (feed->second->Put(std::move(action.keys))) {
    OnRoom(action.link);
  } else {
    world_.streams.Close(*this, action.link, "keys out of order");
    feeds_.erase(feed);
  }
  return true;
}

// A feed sends while there is room, and comes again for the next heartbeat.
void Member::OnRoom(LinkId link) {
  const auto at = feeds_.find(link);
  if (at == feeds_.end() || std::exchange(at->second->woken, true)) return;
  host_.Post(kTurn, [this, link] {
    const auto it = feeds_.find(link);
    if (it == feeds_.end()) return;
    Feed& feed = *it->second;
    feed.woken = false;
    while (world_.streams.HasRoom(*this, link)) {
      std::optional<Message> message = feed.Take();
      if (!message) break;
      world_.streams.Send(*this, link, *std::move(message));
    }
    if (feed.ended()) {
      // A refusal is not overtaken: the replica closes when it has read it.
      host_.Post(options_.link_timeout, [this, link] {
        if (feeds_.erase(link) > 0)
          world_.streams.Close(*this, link, "the feed has ended");
      });
      return;
    }
    if (std::exchange(feed.heartbeat_planned, true)) return;
    host_.Post(options_.heartbeat, [this, link] {
      const auto later = feeds_.find(link);
      if (later == feeds_.end()) return;
      later->second->heartbeat_planned = false;
      OnRoom(link);
    });
  });
}

bool Member::Execute(AskRound& action) {
  marks_.round = action.round;
  if (action.round == 0) return true;
  for (const auto& [link, feed] : feeds_) OnRoom(link);
  return true;
}

bool Member::Execute(TellRead& action) {
  const auto feed = feeds_.find(action.link);
  if (feed == feeds_.end()) return true;
  feed->second->TellRead(action.read, action.index);
  OnRoom(action.link);
  return true;
}

bool Member::Execute(AnswerRead& action) {
  host_.Observe();
  if (auto answer = TakeAsker(action.token).read)
    answer({action.outcome, action.epoch, action.asked});
  return true;
}

bool Member::Execute(SendKeys& action) {
  world_.streams.Send(*this, action.link, std::move(action.keys));
  return true;
}

bool Member::Execute(RequestSync& action) {
  disk_.RequestSync(action.index);
  return true;
}

bool Member::Execute(SendAck& action) {
  CheckTold();
  host_.Observe();
  world_.checks.OnAckSent(action.ack.epoch, core_.state().promise);
  world_.streams.Send(*this, action.link, action.ack);
  return true;
}

bool Member::Execute(Apply& action) {
  if (!Check(engine_.Apply(action.records), action.link)) return false;
  OnLogMoved();
  return true;
}

bool Member::Execute(KeepDropped& action) {
  return Check(dropped_.Keep(action.after, action.history), action.link);
}

bool Member::Execute(BeginRewind& action) {
  world_.trace.Say(host_.name(), absl::StrCat("rewinds to ", action.common));
  ++world_.rewinds;
  auto keys = engine_.BeginRewind(action.common, options_.message_bytes);
  if (!Check(keys.status(), action.link)) return false;
  outcomes_.push_back(TailRead{action.link, *std::move(keys)});
  return true;
}

bool Member::Execute(BeginStaging& action) {
  world_.trace.Say(host_.name(),
                   absl::StrCat("full sync at ", action.begin_index));
  ++world_.full_syncs;
  return Check(engine_.BeginStaging(action.begin_index), action.link);
}

bool Member::Execute(StageEntries& action) {
  return Check(engine_.StageEntries(action.records), action.link);
}

bool Member::Execute(StageLog& action) {
  return Check(engine_.StageLog(action.records), action.link);
}

bool Member::Execute(CommitStaging& action) {
  engine::MetaMap meta = dropped_.MetaOfSwitch();
  meta.merge(MemberMeta(action.state));
  if (!CheckBarrier(engine_.CommitStaging(meta))) return false;
  dropped_.Switched();
  NameLog();
  host_.OnDataReplaced();
  OnLogMoved();
  return true;
}

bool Member::Execute(DropStaging&) {
  engine_.DropStaging();
  dropped_.Abandon();
  return true;
}

bool Member::Execute(SettleDropped& action) {
  host_.Observe();
  world_.checks.OnSettled(core_.is_master() ? core_.master_epoch()
                                            : core_.follower().leader().epoch);
  dropped_.Settle(action.history);
  return true;
}

bool Member::Execute(AnswerFence& action) {
  CheckTold();
  if (auto answer = TakeAsker(action.token).fence) {
    answer({.promised = action.promised,
            .view = core_.ViewAt(engine_.last_index())});
  }
  return true;
}

bool Member::Execute(AnswerPromote& action) {
  CheckTold();
  if (auto answer = TakeAsker(action.token).promote) {
    answer({.promoted = action.promoted,
            .refusal = std::move(action.refusal),
            .view = core_.ViewAt(engine_.last_index())});
  }
  return true;
}

bool Member::Execute(AnswerReplicaOf& action) {
  CheckTold();
  if (auto answer = TakeAsker(action.token).replica_of) {
    answer({.accepted = action.accepted,
            .view = core_.ViewAt(engine_.last_index())});
  }
  return true;
}

bool Member::Execute(Report& action) {
  world_.trace.Say(host_.name(), action.line);
  return true;
}

void Member::NameLog() {
  log_lineage_ = core_.state().lineage;
  log_history_ = core_.state().history;
}

void Member::CheckTold() {
  // A broken disk is told, too, and then nothing else counts.
  if (!engine_.health().ok()) return;
  world_.checks.OnTold(core_.state(), core_.is_master(),
                       engine_.ReadMeta("member"));
}

}  // namespace vigil::simulation
