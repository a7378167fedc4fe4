#include "replication/replicator.h"

#include <algorithm>
#include <map>
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

// Without a disk: how long a record waits for others to be told of together, unless
// somebody waits for it, and how many such pauses without one until the thread sleeps.
constexpr absl::Duration kNap = absl::Milliseconds(1);
constexpr int kNaps = 64;

// False: it was there already.
bool Raise(std::atomic<uint64_t>& mark, uint64_t to) {
  uint64_t at = mark;
  while (at < to) {
    if (mark.compare_exchange_weak(at, to)) return true;
  }
  return false;
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
      published_(options.min_replicas_to_write),
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
  // 2. Its own thread, and a link's whose turn it is, end after the event at hand.
  thread_.Join();
  { const MutexLock last_turn(turn_); }
  // 3. No record is appended under an epoch that nobody answers for.
  engine_.CloseGate();
  // 4. The links, and who waits for an answer that will not come. (A reader is told,
  // the others are gone with the services.)
  links_.CloseAll();
  for (const Asker& asker : askers_.TakeAll()) {
    if (asker.read) asker.read({});
    if (asker.change)
      asker.change(absl::CancelledError("the node is being destroyed"));
  }
  // 5. Writers that wait for a commit learn that it will not come.
  published_.EndEpoch();
  commit_moved_.Notify();
}

// --- What others ask

MemberView Replicator::view() const {
  return published_.ViewAt(engine_.last_index());
}

// One that finds no place is not answered, as by a member whose disk hangs.
template <typename Question, typename Request>
void Replicator::AskMember(Asker asker, const Request& request) {
  const Token token = askers_.Add(std::move(asker));
  if (!inbox_.Ask(Question{token, request})) askers_.Take(token);
}

void Replicator::Fence(const FenceRequest& request,
                       std::function<void(FenceReply)> answer) {
  AskMember<FenceAsked>({.fence = std::move(answer)}, request);
}

void Replicator::Promote(const PromoteRequest& request,
                         std::function<void(PromoteReply)> answer) {
  AskMember<PromoteAsked>({.promote = std::move(answer)}, request);
}

void Replicator::ReplicaOf(const ReplicaOfRequest& request,
                           std::function<void(ReplicaOfReply)> answer) {
  AskMember<ReplicaOfAsked>({.replica_of = std::move(answer)}, request);
}

LinkId Replicator::OnAccepted(std::shared_ptr<Link> link) {
  return links_.Accept(std::move(link));
}

void Replicator::OnMessage(LinkId link, Message message) {
  const size_t bytes = DataBytes(message);
  const Ack* ack = std::get_if<Ack>(&message);
  const uint64_t held = ack != nullptr ? ack->held : 0;
  MessageReceived event{.link = link, .message = std::move(message)};
  if (const Hello* hello = std::get_if<Hello>(&event.message)) {
    event.log_holds_from = HeldFromCommon(*hello);
  }
  if (const Records* records = std::get_if<Records>(&event.message))
    event.configurations = ConfigurationsIn(records->records);
  inbox_.PutData(std::move(event), bytes);
  TakeTurn();
  // After those who wait for it: they may have more to send.
  if (held != 0) links_.Acknowledged(link, held);
}

// The index after what this log and the replica's have in common, if the log still
// holds what follows. Should a promotion change the history meanwhile, the core finds
// that it has another one in mind.
uint64_t Replicator::HeldFromCommon(const Hello& hello) const {
  const History history = published_.history();
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
  return published_.commit_point().epoch;
}

void Replicator::AskHeld(uint64_t index) { Raise(held_asked_, index); }

void Replicator::AskQuorum(uint64_t index) {
  Raise(quorum_asked_, index);
  HurryIfLast(published_.commit_point());
}

void Replicator::AskDurable(uint64_t index) {
  if (Raise(feed_marks_.sync, index)) engine_.appended().Notify();
}

// --- For readers

template <typename Question, typename... Args>
Token Replicator::AskAsReader(ReadAnswered answer, const Args&... args) {
  const Token token = askers_.Add({.read = std::move(answer)});
  if (!inbox_.Ask(Question{token, args...})) {
    const auto outcome = stopped_ ? ReadOutcome::kNoMaster : ReadOutcome::kBusy;
    if (const Asker asker = askers_.Take(token); asker.read)
      asker.read({.outcome = outcome});
  }
  return token;
}

Token Replicator::AskRead(MonoTime deadline, ReadAnswered answer) {
  return AskAsReader<ReadAsked>(std::move(answer), deadline);
}

Token Replicator::AskCommit(const Epoch& epoch, uint64_t index,
                            MonoTime deadline, ReadAnswered answer) {
  return AskAsReader<CommitAsked>(std::move(answer), epoch, index, deadline);
}

Token Replicator::AskRecord(uint64_t epoch, uint64_t index, MonoTime deadline,
                            ReadAnswered answer) {
  return AskAsReader<RecordAsked>(std::move(answer), epoch, index, deadline);
}

void Replicator::ChangeMembers(
    const ChangeRequest& request, MonoTime deadline,
    std::function<void(const absl::Status&)> answer) {
  const Token token = askers_.Add({.change = std::move(answer)});
  if (inbox_.Ask(ChangeAsked{token, request, deadline})) return;
  if (const Asker asker = askers_.Take(token); asker.change) {
    asker.change(stopped_ ? absl::CancelledError("the node is being destroyed")
                          : absl::UnavailableError("too many questions wait"));
  }
}

// If the core is not told it answers at the deadline, and nobody is there.
void Replicator::GiveUpRead(Token token) {
  if (askers_.Take(token).read) inbox_.Ask(ReadGivenUp{token});
}

// --- The thread

void Replicator::Run() {
  const absl::Duration period = options_.heartbeat / 2;
  MonoTime tick_at = clock_.Mono();
  while (!stopped_) {
    const uint64_t seen = bell_.Seen();
    bool ticks = false;
    if (const MonoTime now = clock_.Mono(); now >= tick_at) {
      // Behind what has arrived: a peer is silent only when all that it sent is
      // read, however long this thread was held up by a disk.
      inbox_.Put(Ticked{});
      ticks = true;
      tick_at = now + period;
    }
    {
      const MutexLock turn(turn_);
      while (!stopped_ && clock_.Mono() < tick_at && TakeEvent()) {
      }
      // Not in a link's turn: it waits for threads of links to end.
      if (ticks) links_.Reap();
    }
    // Who came meanwhile left it to this turn.
    if (inbox_.waiting() == 0) Rest(seen, tick_at);
  }
}

// The disk's progress comes some hundred times a second. Without a disk each record is
// progress: to be woken by each would cost writers more than the writes do.
void Replicator::Rest(uint64_t seen, MonoTime until) {
  if (!engine_.memory_only()) {
    bell_.WaitPast(seen, until);
  } else if (naps_ > 0) {
    --naps_;
    bell_.WaitPast(seen, std::min(until, clock_.Mono() + kNap));
  } else {
    engine_.WakeWithNext(true);
    if (engine_.last_index() == told_last_) bell_.WaitPast(seen, until);
    engine_.WakeWithNext(false);
  }
}

// A turn of a link's thread, which has put something into the inbox. It must read on soon:
// what others bring meanwhile is for the replicator's own thread.
void Replicator::TakeTurn() {
  constexpr int kEventsMax = 16;
  // Whoever is at it looks into the inbox once more afterwards, as is done here: so
  // nothing stays there.
  while (inbox_.waiting() > 0) {
    if (!turn_.TryLock()) return;
    int events = 0;
    while (events < kEventsMax && !stopped_ && TakeEvent()) ++events;
    turn_.Unlock();
    if (events == kEventsMax || stopped_) return bell_.Notify();
  }
}

// Takes what is next, if anything. REQUIRES: it is the caller's turn.
bool Replicator::TakeEvent() {
  std::optional<Event> event = inbox_.Take();
  // After taking: the log is then known at least as far as the sender of the
  // event had it, which Welcome's target and the handshake rely on.
  StepProgress();
  if (!event) return false;
  const bool ticked = std::holds_alternative<Ticked>(*event);
  if (const auto* closed = std::get_if<LinkClosed>(&*event)) {
    links_.OnClosed(closed->link);
  }
  StepAndExecute(*std::move(event));
  if (ticked) {
    dropped_.Tidy();
    PublishStatus();
  }
  return true;
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
  told_last_ = log.last;
  naps_ = kNaps;
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

// Of a step that has failed: nothing of it happens, but a reader still waits, and who
// asked for a change.
void Replicator::Abandon(Action& action) {
  if (auto* answer = std::get_if<AnswerChange>(&action)) Execute(*answer);
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
  // Of another epoch nobody waits for what was asked for. Before it can be seen: who sees
  // it asks anew.
  const bool other_epoch = now.epoch != published_.commit_point().epoch;
  if (other_epoch) held_asked_ = quorum_asked_ = feed_marks_.sync = 0;
  const CommitPoint before = published_.SetCommitPoint(now, leader);
  if (now == before) return;
  HurryIfLast(now);
  feed_marks_.commit = now.index;
  const bool commits = other_epoch || now.index != before.index;
  if (other_epoch || IsAsked(before, now)) {
    commit_moved_.Notify();
  } else if (commits) {
    commit_moved_.Notify(before.index, now.index);
  } else {
    return;
  }
  TellFollowers();
}

// Hands the log to the operating system at once if a commit may wait for nothing else: if
// a replica already holds what this node does not. Before that it would cost every write a
// write to the disk of its own; on its own a record takes a millisecond to get there.
void Replicator::HurryIfLast(const CommitPoint& now) {
  const uint64_t wanted = quorum_asked_;
  const uint64_t held = engine_.persisted_index();
  if (wanted <= now.index || wanted <= held) return;
  if (now.replicas == 0 || now.held_by[0] > held) engine_.HurryPersisted();
}

// Acknowledgements that complete no quorum wake only those who asked for them: there
// are as many again.
bool Replicator::IsAsked(const CommitPoint& before,
                         const CommitPoint& now) const {
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
    std::map<NodeId, Member> names;
    for (const auto& [link, follower] : core_.replica_links())
      names[follower.id] = follower;
    for (const Member& member : core_.configuration().everybody())
      names[member.id] = member;
    for (const auto& [id, progress] : leader->replicas()) {
      if (names.contains(id)) status.replicas.emplace_back(names[id], progress);
    }
    status.change_waits_for = core_.change_waits_for();
  }
  told_settled_ = status.settled_master;
  const Published::Changes changes =
      published_.SetStatus(std::move(status), role_reason_,
                           core_.state().history, core_.lacks_replicas());
  if (changes.log) TellFollowers();
  return changes.role;
}

}  // namespace vigil::replication
