#include "replication/replicator.h"

#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "engine/base/random.h"
#include "replication/identity.h"

namespace vigil::replication {
namespace {

// Of data that waits for the replicator's thread: a few messages, so that a
// Fence never queues behind more than some milliseconds of work.
constexpr size_t kInboxBytes = 1 << 20;

size_t DataBytes(const Message& message) {
  if (const auto* records = std::get_if<Records>(&message)) {
    return records->records.size();
  }
  if (const auto* entries = std::get_if<Entries>(&message)) {
    return entries->records.size();
  }
  if (const auto* keys = std::get_if<RewindKeys>(&message)) {
    return keys->records.size();
  }
  return 0;
}

// False: it was there already.
bool Raise(std::atomic<uint64_t>& mark, uint64_t to) {
  uint64_t at = mark;
  while (at < to) {
    if (mark.compare_exchange_weak(at, to)) return true;
  }
  return false;
}

// What a subscriber to the role, or a sentinel, would notice.
auto Noticeable(const ReplicatorStatus& s) {
  const MemberView& v = s.view;
  return std::tie(v.role, v.epoch, v.master, v.linked, v.promise, v.lineage,
                  v.formed, v.exact, v.healthy, v.history_epoch,
                  v.configuration.version, s.settled_master, s.isolated,
                  s.refusal);
}

}  // namespace

Replicator::Replicator(const Options& options, MemberState state,
                       engine::Engine& engine, Transport& transport,
                       const Clock& clock, Logger logger,
                       std::function<void()> on_role,
                       std::function<void()> on_log, DroppedOptions dropped)
    : options_(options),
      engine_(engine),
      clock_(clock),
      logger_(std::move(logger)),
      on_role_(std::move(on_role)),
      on_log_(std::move(on_log)),
      bell_(engine.persisted()),
      inbox_(kInboxBytes, bell_),
      core_(options, std::move(state), engine.last_index(), RandomFromSystem(),
            RandomFromSystem()),
      dropped_(engine, std::move(dropped), logger_),
      links_(options, engine, transport, clock, feed_marks_) {
  role_reason_ = "started";
  UpdateStatus();
}

Replicator::~Replicator() { Stop(); }

void Replicator::Start() {
  dropped_.Recover();
  thread_ = Thread("vigil-repl", [this] { Run(); });
}

void Replicator::Stop() {
  stopped_ = true;
  // 1. Nothing comes in any more; whoever waits to bring something is let go.
  inbox_.Close();
  bell_.Notify();
  // 2. The thread ends after the event at hand.
  thread_.Join();
  // 3. No record is appended under an epoch that nobody answers for.
  engine_.CloseGate();
  // 4. The links, and who waits for an answer that will not come. (A reader is told,
  // the others are gone with the services.)
  links_.CloseAll();
  std::map<Token, Asker> unanswered;
  {
    MutexLock lock(mu_);
    unanswered.swap(askers_);
  }
  for (const auto& [token, asker] : unanswered) {
    if (asker.read) asker.read({});
  }
  // 5. Writers that wait for a commit learn that it will not come.
  {
    MutexLock lock(published_mu_);
    commit_point_.epoch = {};
  }
  commit_moved_.Notify();
}

// --- What others ask

MemberView Replicator::view() const {
  MutexLock lock(published_mu_);
  MemberView view = published_.view;
  view.position = published_history_.PositionAt(engine_.last_index());
  return view;
}

void Replicator::Fence(const FenceRequest& request,
                       std::function<void(FenceReply)> answer) {
  inbox_.Put(FenceAsked{Register({.fence = std::move(answer)}), request});
}

void Replicator::Promote(const PromoteRequest& request,
                         std::function<void(PromoteReply)> answer) {
  inbox_.Put(PromoteAsked{Register({.promote = std::move(answer)}), request});
}

void Replicator::ReplicaOf(const ReplicaOfRequest& request,
                           std::function<void(ReplicaOfReply)> answer) {
  inbox_.Put(
      ReplicaOfAsked{Register({.replica_of = std::move(answer)}), request});
}

Token Replicator::Register(Asker asker) {
  MutexLock lock(mu_);
  askers_.emplace(++tokens_, std::move(asker));
  return tokens_;
}

Replicator::Asker Replicator::TakeAsker(Token token) {
  MutexLock lock(mu_);
  auto node = askers_.extract(token);
  return node.empty() ? Asker{} : std::move(node.mapped());
}

LinkId Replicator::OnAccepted(std::shared_ptr<Link> link) {
  return links_.Accept(std::move(link));
}

void Replicator::OnMessage(LinkId link, Message message) {
  const size_t bytes = DataBytes(message);
  MessageReceived event{.link = link, .message = std::move(message)};
  if (const Hello* hello = std::get_if<Hello>(&event.message)) {
    event.log_holds_from = HeldFromCommon(*hello);
  }
  inbox_.PutData(std::move(event), bytes);
}

// The index after what this log and the replica's have in common, if the log still
// holds what follows. Should a promotion change the history meanwhile, the core finds
// that it has another one in mind.
uint64_t Replicator::HeldFromCommon(const Hello& hello) const {
  History history;
  {
    MutexLock lock(published_mu_);
    history = published_history_;
  }
  const uint64_t next = CommonIndex(hello.history, hello.position.index,
                                    history, engine_.last_index()) +
                        1;
  return engine_.ReadLog(next, 1).ok() ? next : UINT64_MAX;
}

void Replicator::OnClosed(LinkId link, std::string why) {
  inbox_.Put(LinkClosed{link, std::move(why)});
}

// --- For writers

Epoch Replicator::master_epoch() const {
  MutexLock lock(published_mu_);
  return commit_point_.epoch;
}

Replicator::WriteTerms Replicator::write_terms() const {
  MutexLock lock(published_mu_);
  return {.epoch = commit_point_.epoch,
          .unreplicated = unreplicated_,
          .good_replicas = published_.good_replicas,
          .replicas_needed = options_.min_replicas_to_write,
          .lacks_replicas = lacks_replicas_};
}

bool Replicator::isolated() const { return isolated_; }

CommitPoint Replicator::commit_point() const {
  MutexLock lock(published_mu_);
  return commit_point_;
}

void Replicator::AskHeld(uint64_t index) { Raise(held_asked_, index); }

void Replicator::AskDurable(uint64_t index) {
  if (Raise(feed_marks_.sync, index)) engine_.appended().Notify();
}

// --- For readers

Token Replicator::AskRead(MonoTime deadline, ReadAnswered answer) {
  const Token token = Register({.read = std::move(answer)});
  inbox_.Put(ReadAsked{token, deadline});
  return token;
}

Token Replicator::AskCommit(const Epoch& epoch, uint64_t index,
                            MonoTime deadline, ReadAnswered answer) {
  const Token token = Register({.read = std::move(answer)});
  inbox_.Put(CommitAsked{token, epoch, index, deadline});
  return token;
}

Token Replicator::AskRecord(uint64_t epoch, uint64_t index, MonoTime deadline,
                            ReadAnswered answer) {
  const Token token = Register({.read = std::move(answer)});
  inbox_.Put(RecordAsked{token, epoch, index, deadline});
  return token;
}

void Replicator::GiveUpRead(Token token) {
  if (TakeAsker(token).read) inbox_.Put(ReadGivenUp{token});
}

ReplicatorStatus Replicator::status() const {
  MutexLock lock(published_mu_);
  return published_;
}

LogFacts Replicator::log_facts() const {
  MutexLock lock(published_mu_);
  // A sync is published as such before it can replace the log, and as ended only
  // together with the history of the log that it brought.
  return {.generation = published_.full_syncs + published_.rewinds,
          .replacing = published_.syncing,
          .history = published_history_,
          .commit = commit_point_.index};
}

// --- The thread

void Replicator::Run() {
  const absl::Duration period = options_.heartbeat / 2;
  MonoTime tick_at = clock_.Mono();
  while (!stopped_) {
    const uint64_t seen = bell_.Seen();
    if (const MonoTime now = clock_.Mono(); now >= tick_at) {
      // Behind what has arrived: a peer is silent only when all that it sent is
      // read, however long this thread was held up by a disk.
      inbox_.Put(Ticked{});
      tick_at = now + period;
    }
    std::optional<Event> event = inbox_.Take();
    // After taking: the log is then known at least as far as the sender of the
    // event had it, which Welcome's target and the handshake rely on.
    StepProgress();
    if (!event) {
      bell_.WaitPast(seen, tick_at);
      continue;
    }
    const bool ticked = std::holds_alternative<Ticked>(*event);
    if (const auto* closed = std::get_if<LinkClosed>(&*event)) {
      links_.OnClosed(closed->link);
    }
    StepAndExecute(*std::move(event));
    if (ticked) {
      links_.Reap();
      dropped_.Tidy();
      PublishStatus();
    }
  }
}

// Tells the core where the log is, if it moved since.
void Replicator::StepProgress() {
  // The bytes before the index that they are not to be more than. Without a disk
  // nothing is ever synced, whatever the engine counts as such.
  LogProgressed log{.bytes = engine_.appended_bytes()};
  log.last = engine_.last_index();
  log.held = engine_.persisted_index();
  log.durable = engine_.memory_only() ? 0 : engine_.durable_index();
  if (!engine_.health().ok()) {
    StepAndExecute(StorageFailed{});
  }
  if (log.last == told_.last && log.held == told_.held &&
      log.durable == told_.durable) {
    return;
  }
  told_ = log;
  StepAndExecute(log);
}

void Replicator::StepAndExecute(Event event) {
  Actions actions = core_.Step(std::move(event), clock_.Mono());
  bool failed = false;
  for (Action& action : actions) {
    if (failed) {
      Abandon(action);
    } else {
      failed = !std::visit([&](auto& a) { return Execute(a); }, action);
    }
  }
  // Before anything is published: what did not reach the disk never was.
  for (Event& outcome : std::exchange(outcomes_, {})) {
    StepAndExecute(std::move(outcome));
  }
  PublishCommit();
  if (!actions.empty() || core_.is_settled_master() != told_settled_) {
    PublishStatus();
  }
}

// Of a step that has failed: nothing of it happens, but a reader still waits.
void Replicator::Abandon(Action& action) {
  auto* answer = std::get_if<AnswerRead>(&action);
  if (answer == nullptr) return;
  answer->outcome = ReadOutcome::kNoMaster;
  Execute(*answer);
}

void Replicator::PublishCommit() {
  const LeaderCore* leader = core_.leader();
  const CommitPoint now = leader != nullptr
                              ? leader->commit_point()
                              : CommitPoint{.index = core_.commit()};
  CommitPoint before;
  {
    MutexLock lock(published_mu_);
    before = std::exchange(commit_point_, now);
    if (leader != nullptr) unreplicated_ = leader->unreplicated();
    // Of another epoch nobody waits for what was asked for.
    if (now.epoch != before.epoch) held_asked_ = feed_marks_.sync = 0;
  }
  if (now == before) return;
  feed_marks_.commit = now.index;
  if (!IsAwaited(before, now)) return;
  commit_moved_.Notify();
  TellFollowers();
}

// Acknowledgements that complete no quorum wake only those who asked for them: there
// are as many again.
bool Replicator::IsAwaited(const CommitPoint& before,
                           const CommitPoint& now) const {
  if (now.epoch != before.epoch || now.index != before.index) return true;
  if (now.durable != before.durable && feed_marks_.sync > before.durable)
    return true;
  const uint64_t asked = held_asked_;
  for (size_t i = 0; i < now.held_by.size(); ++i) {
    if (now.held_by[i] != before.held_by[i] && asked > before.held_by[i])
      return true;
  }
  return false;
}

void Replicator::TellFollowers() {
  if (on_log_) on_log_();
}

void Replicator::PublishStatus() {
  if (UpdateStatus()) on_role_();
}

// Returns whether anyone would notice.
bool Replicator::UpdateStatus() {
  ReplicatorStatus status{
      .view = core_.ViewAt(engine_.last_index()),
      .master_address = core_.is_master() ? options_.address
                                          : core_.follower().leader().address,
      .settled_master = core_.is_settled_master(),
      .isolated = core_.is_isolated(),
      .good_replicas = core_.good_replicas(),
      .syncing = core_.follower().replacing(),
      .master_last = core_.follower().master_last(),
      .full_syncs = core_.follower().full_syncs(),
      .rewinds = core_.follower().rewinds(),
      .dropped = dropped_.counters(),
      .refusal = core_.follower().refusal()};
  if (const LeaderCore* leader = core_.leader()) {
    for (const auto& [id, progress] : leader->replicas()) {
      const Member* member = core_.state().configuration.Find(id);
      if (member != nullptr) status.replicas.emplace_back(*member, progress);
    }
  }
  isolated_ = status.isolated;
  told_settled_ = status.settled_master;
  bool changed;
  bool log_changed;
  {
    MutexLock lock(published_mu_);
    changed = Noticeable(status) != Noticeable(published_);
    log_changed = status.syncing != published_.syncing ||
                  status.full_syncs != published_.full_syncs ||
                  status.rewinds != published_.rewinds;
    status.reason = changed ? role_reason_ : published_.reason;
    published_ = std::move(status);
    published_history_ = core_.state().history;
    lacks_replicas_ = core_.lacks_replicas();
  }
  if (log_changed) TellFollowers();
  return changed;
}

// --- Actions

// Sorts failures: of the storage, which ends this member's part; of the peer's
// data, which ends the link.
bool Replicator::Check(const absl::Status& status, LinkId link) {
  if (status.ok()) return true;
  if (engine_.health().ok()) {
    outcomes_.push_back(ApplyFailed{link, std::string(status.message())});
  } else {
    outcomes_.push_back(StorageFailed{});
  }
  return false;
}

bool Replicator::CheckBarrier(const absl::Status& status) {
  if (status.ok()) return true;
  Log(logger_, LogLevel::kWarning, std::string(status.message()));
  outcomes_.push_back(StorageFailed{});
  return false;
}

bool Replicator::Execute(Persist& action) {
  return CheckBarrier(SaveMemberState(engine_, action.state));
}

bool Replicator::Execute(CloseGate&) {
  core_.Step(GateClosed{engine_.CloseGate()}, clock_.Mono());
  return true;
}

bool Replicator::Execute(OpenGate& action) {
  std::vector<engine::Engine::Marker> markers = {
      {engine::RecordType::kEpoch, action.epoch_record}};
  if (!action.configuration_record.empty()) {
    markers.push_back(
        {engine::RecordType::kConfiguration, action.configuration_record});
  }
  {
    // A reader of the epoch's first record must know whose it is.
    MutexLock lock(published_mu_);
    published_history_ = core_.state().history;
  }
  engine_.OpenGate(markers);
  return true;
}

bool Replicator::Execute(Dial& action) {
  links_.Dial(action.link, action.address, std::move(action.hello), *this);
  return true;
}

bool Replicator::Execute(CloseLink& action) {
  links_.Close(action.link);
  return true;
}

bool Replicator::Execute(Feed& action) {
  links_.Feed(action.link, std::move(action.answer));
  return true;
}

bool Replicator::Execute(FeedKeys& action) {
  links_.FeedKeys(action.link, std::move(action.keys));
  return true;
}

bool Replicator::Execute(SendKeys& action) {
  links_.SendKeys(action.link, std::move(action.keys));
  return true;
}

bool Replicator::Execute(AskRound& action) {
  feed_marks_.round = action.round;
  if (action.round != 0) engine_.appended().Notify();
  return true;
}

bool Replicator::Execute(TellRead& action) {
  links_.TellRead(action.link, action.read, action.index);
  return true;
}

bool Replicator::Execute(RequestSync& action) {
  engine_.RequestSync(action.index);
  return true;
}

bool Replicator::Execute(SendAck& action) {
  links_.SendAck(action.link, action.ack);
  return true;
}

bool Replicator::Execute(Apply& action) {
  if (!Check(engine_.Apply(action.records), action.link)) return false;
  // The master's commit may have been ahead of this log.
  TellFollowers();
  return true;
}

bool Replicator::Execute(KeepDropped& action) {
  return Check(dropped_.Keep(action.after, action.history), action.link);
}

bool Replicator::Execute(BeginRewind& action) {
  auto keys = engine_.BeginRewind(action.common, options_.message_bytes);
  if (!Check(keys.status(), action.link)) return false;
  outcomes_.push_back(TailRead{action.link, *std::move(keys)});
  return true;
}

bool Replicator::Execute(BeginStaging& action) {
  return Check(engine_.BeginStaging(action.begin_index, action.keys_estimate),
               action.link);
}

bool Replicator::Execute(StageEntries& action) {
  return Check(engine_.StageEntries(action.records), action.link);
}

bool Replicator::Execute(StageLog& action) {
  return Check(engine_.StageLog(action.records), action.link);
}

bool Replicator::Execute(CommitStaging& action) {
  engine::MetaMap meta = dropped_.MetaOfSwitch();
  meta.merge(MemberMeta(action.state));
  if (!CheckBarrier(engine_.CommitStaging(meta))) return false;
  dropped_.Switched();
  return true;
}

bool Replicator::Execute(DropStaging&) {
  engine_.DropStaging();
  dropped_.Abandon();
  return true;
}

bool Replicator::Execute(SettleDropped& action) {
  dropped_.Settle(action.history);
  return true;
}

bool Replicator::Execute(AnswerFence& action) {
  if (auto answer = TakeAsker(action.token).fence) {
    answer({.promised = action.promised,
            .view = core_.ViewAt(engine_.last_index())});
  }
  return true;
}

bool Replicator::Execute(AnswerPromote& action) {
  if (auto answer = TakeAsker(action.token).promote) {
    answer({.promoted = action.promoted,
            .refusal = std::move(action.refusal),
            .view = core_.ViewAt(engine_.last_index())});
  }
  return true;
}

bool Replicator::Execute(AnswerReplicaOf& action) {
  if (auto answer = TakeAsker(action.token).replica_of) {
    answer({.accepted = action.accepted,
            .view = core_.ViewAt(engine_.last_index())});
  }
  return true;
}

bool Replicator::Execute(AnswerRead& action) {
  if (auto answer = TakeAsker(action.token).read)
    answer({action.outcome, action.epoch, action.asked});
  return true;
}

bool Replicator::Execute(Report& action) {
  if (said_.Say(action.line, clock_.Mono())) {
    Log(logger_, action.warning ? LogLevel::kWarning : LogLevel::kNotice,
        action.line);
  }
  if (action.about_role) role_reason_ = std::move(action.line);
  return true;
}

}  // namespace vigil::replication
