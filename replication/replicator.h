// Replicator: the shell around ReplicationCore. One thread at a time owns the core, takes
// one event after the other and executes what the core decided.
//
//   services, sentinel ─▶ inbox ─▶ turn: core.Step ─▶ engine, links, answers
//   links              ─▶                         └─▶ published: role, commit
//
// Whose turn it is: a link's thread that brings a message does what there is to do itself
// if nobody is at it, because waking another thread would take longer than most messages
// do; else the replicator's own thread, which also sees to the time.
//
// Time: the clock given. Thread-safety: all public methods, from any thread.
// Lifetime: `engine`, `transport` and `clock` outlive it. Stop() ends all links
// and threads; a service may call OnMessage and OnClosed after it, which then do
// nothing.
// Errors: when the engine's storage fails the member steps down, answers no more
// promises, and says so in its view (healthy).
#ifndef VIGIL_REPLICATION_REPLICATOR_H_
#define VIGIL_REPLICATION_REPLICATOR_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/clock.h"
#include "engine/base/index_signal.h"
#include "engine/base/logger.h"
#include "engine/base/mutex.h"
#include "engine/base/signal.h"
#include "engine/base/thread.h"
#include "engine/engine.h"
#include "replication/askers.h"
#include "replication/commit_point.h"
#include "replication/dropped_files.h"
#include "replication/inbox.h"
#include "replication/link_table.h"
#include "replication/log_facts.h"
#include "replication/member.h"
#include "replication/options.h"
#include "replication/published.h"
#include "replication/replication_core.h"
#include "replication/said_lines.h"
#include "replication/transport.h"

namespace vigil::replication {

class Replicator final : public MemberPort, public LinkAcceptor {
 public:
  // `on_role` is called in a turn, one call at a time, after the role, the epoch,
  // the master or settledness changed; `on_log` likewise, after log_facts()
  // changed so that a follower of the log can go on. They must not block or call
  // back in. `dropped`: where the writes go that the group turns out not to have.
  Replicator(const Options& options, MemberState state, engine::Engine& engine,
             Transport& transport, const Clock& clock, Logger logger,
             std::function<void()> on_role, std::function<void()> on_log = {},
             DroppedOptions dropped = {});
  ~Replicator() override;

  void Start();
  void Stop();  // idempotent

  // --- MemberPort
  MemberView view() const override;
  void Fence(const FenceRequest& request,
             std::function<void(FenceReply)> answer) override;
  void Promote(const PromoteRequest& request,
               std::function<void(PromoteReply)> answer) override;
  void ReplicaOf(const ReplicaOfRequest& request,
                 std::function<void(ReplicaOfReply)> answer) override;

  // --- LinkAcceptor
  LinkId OnAccepted(std::shared_ptr<Link> link) override;
  void OnMessage(LinkId link, Message message) override;
  void OnClosed(LinkId link, std::string why) override;

  // --- For writers.
  // The epoch that this node is master of, {} if it is not. Read it before the
  // write: what is appended afterwards is of this epoch or does not count.
  Epoch master_epoch() const;
  bool isolated() const { return published_.isolated(); }
  WriteTerms write_terms() const { return published_.write_terms(); }
  // How far the log of the epoch that this node is master of has come in its group. A
  // record written in that epoch is committed if its index is not above; in another one
  // its outcome is unknown.
  CommitPoint commit_point() const { return published_.commit_point(); }
  // Somebody waits for `index` to be held by single replicas; to be synced by a quorum,
  // which the replicas are told, too. To be called before the wait for commit_moved().
  void AskHeld(uint64_t index);
  void AskDurable(uint64_t index);
  // Likewise to be held by a quorum. The replicas are told of it anyway; this node's own
  // disk is hurried when one of them holds it.
  void AskQuorum(uint64_t index);
  // Moved whenever the epoch or the committed index of commit_point() has changed, and
  // what was asked for: of an index that kQuorum waits for, those whose it is are told.
  IndexSignal& commit_moved() const { return commit_moved_; }

  // --- For readers. Answers come once, at the deadline at the latest (to within a
  // heartbeat), in a turn or from Stop(), or never after GiveUpRead().
  // They must not block or call back in. kBusy, at once, on the caller's thread: too many
  // questions wait already.
  using ReadAnswered = std::function<void(const ReadAnswer&)>;
  // Answered when this node has every write that was acknowledged before the call.
  Token AskRead(MonoTime deadline, ReadAnswered answer);
  // Answered when the log up to `index` is committed in `epoch`.
  Token AskCommit(const Epoch& epoch, uint64_t index, MonoTime deadline,
                  ReadAnswered answer);
  // Answered when the log has the record that the epoch of this number wrote there.
  Token AskRecord(uint64_t epoch, uint64_t index, MonoTime deadline,
                  ReadAnswered answer);
  void GiveUpRead(Token token);

  // --- For operators. Changes who the members are (replication_changes.cc has the steps).
  // The answer comes once, at the deadline at the latest (to within a heartbeat), as
  // AskRead's:
  //   kFailedPrecondition  this node is not the master
  //   kUnavailable         another change is under way; or until the deadline the newcomer
  //                        did not follow, or had not caught up, or too few members were
  //                        in reach; nothing was changed
  //   kDeadlineExceeded    it has begun; its outcome is unknown
  //   kCancelled           likewise: the node ends
  //   others               as Decide says; nothing was changed
  void ChangeMembers(const ChangeRequest& request, MonoTime deadline,
                     std::function<void(const absl::Status&)> answer);

  ReplicatorStatus status() const { return published_.status(); }
  // For followers of the engine's log. Never blocks.
  LogFacts log_facts() const { return published_.log_facts(); }
  // What the application was told of by now is not told again. REQUIRES: stopped.
  void ForgetTold() { dropped_.Tidy(); }
  // The state to mark clean. REQUIRES: stopped.
  const MemberState& state() const { return core_.state(); }

 private:
  template <typename Question, typename Request>
  void AskMember(Asker asker, const Request& request);
  template <typename Question, typename... Args>
  Token AskAsReader(ReadAnswered answer, const Args&... args);
  uint64_t HeldFromCommon(const Hello& hello) const;
  void Run();
  void Rest(uint64_t seen, MonoTime until);
  void TakeTurn();
  bool TakeEvent();
  void StepAndExecute(Event event);
  void Abandon(Action& action);
  void StepProgress();
  void PublishCommit();
  void HurryIfLast(const CommitPoint& now);
  bool IsAsked(const CommitPoint& before, const CommitPoint& now) const;
  void TellFollowers();
  void PublishStatus();
  bool UpdateStatus();

  // One overload an action. False: it failed, the rest of the step is void.
  bool Execute(Persist& action);
  bool Execute(CloseGate& action);
  bool Execute(OpenGate& action);
  bool Execute(Dial& action);
  bool Execute(CloseLink& action);
  bool Execute(Feed& action);
  bool Execute(FeedKeys& action);
  bool Execute(SendAck& action);
  bool Execute(AskRound& action);
  bool Execute(TellRead& action);
  bool Execute(RequestSync& action);
  bool Execute(SendKeys& action);
  bool Execute(Apply& action);
  bool Execute(KeepDropped& action);
  bool Execute(BeginRewind& action);
  bool Execute(BeginStaging& action);
  bool Execute(StageEntries& action);
  bool Execute(StageLog& action);
  bool Execute(CommitStaging& action);
  bool Execute(DropStaging& action);
  bool Execute(SettleDropped& action);
  bool Execute(AnswerFence& action);
  bool Execute(AnswerPromote& action);
  bool Execute(AnswerReplicaOf& action);
  bool Execute(AnswerRead& action);
  bool Execute(AnswerChange& action);
  bool Execute(AppendConfiguration& action);
  bool Execute(Report& action);
  bool Check(const absl::Status& status, LinkId link);
  bool CheckBarrier(const absl::Status& status);

  const Options options_;
  engine::Engine& engine_;
  const Clock& clock_;
  const Logger logger_;
  const std::function<void()> on_role_;
  const std::function<void()> on_log_;
  // The thread sleeps on the engine's own signal, so that progress on disk and
  // a new event wake it alike.
  Signal& bell_;
  // Of an engine without a disk: pauses left before the thread sleeps until the next
  // record, and the last one that the core was told of.
  std::atomic<int> naps_{0};
  std::atomic<uint64_t> told_last_{0};
  Inbox inbox_;
  std::atomic<bool> stopped_{false};

  // Whose turn it is. Guards all from here to dropped_, and links_ but for Accept(). Held
  // over disk writes, so that only the replicator's own thread may wait for it.
  Mutex turn_;
  ReplicationCore core_;
  LogProgressed told_;
  bool told_settled_ = false;
  std::string role_reason_;  // of the next change of role
  SaidLines said_;
  std::vector<Event> outcomes_;  // of actions, to be stepped next
  DroppedFiles dropped_;

  Askers askers_;
  Published published_;
  std::atomic<uint64_t> held_asked_{0};
  std::atomic<uint64_t> quorum_asked_{0};
  FeedMarks feed_marks_;              // of the epoch at hand
  mutable IndexSignal commit_moved_;  // or the role changed

  LinkTable links_;
  Thread thread_;
};

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_REPLICATOR_H_
