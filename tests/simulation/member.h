// Member: the shell of a member in one thread: what replication/replicator.h is to the
// real ReplicationCore, an engine and DroppedFiles, on virtual streams.
//
// It does what Replicator does, in the same order. Where that has a thread of its own (a
// feeder, the flusher) this has a part that is woken (Feed, DiskWorker). Between any two
// actions the process may die.
//
// Thread-compatible.
#ifndef VIGIL_TESTS_SIMULATION_MEMBER_H_
#define VIGIL_TESTS_SIMULATION_MEMBER_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "replication/commit_point.h"
#include "replication/dropped_files.h"
#include "replication/log_facts.h"
#include "replication/member.h"
#include "replication/replication_core.h"
#include "replication/replicator.h"
#include "tests/simulation/disk_worker.h"
#include "tests/simulation/feed.h"
#include "tests/simulation/host.h"
#include "tests/simulation/node_clock.h"
#include "tests/simulation/world.h"

namespace vigil::simulation {

class Member final : public replication::MemberPort, public StreamEnd {
 public:
  struct Surroundings {
    World& world;
    Host& host;
    engine::Engine& engine;
    DiskWorker& disk;
    const NodeClock& clock;
    // The machine of each address.
    std::function<int(const std::string&)> machine_at;
  };

  Member(const Surroundings& surroundings, const replication::Options& options,
         replication::MemberState state, replication::DroppedOptions dropped);
  ~Member() override;

  void Start();

  // --- MemberPort
  replication::MemberView view() const override;
  void Fence(const replication::FenceRequest& request,
             std::function<void(replication::FenceReply)> answer) override;
  void Promote(const replication::PromoteRequest& request,
               std::function<void(replication::PromoteReply)> answer) override;
  void ReplicaOf(
      const replication::ReplicaOfRequest& request,
      std::function<void(replication::ReplicaOfReply)> answer) override;

  // --- StreamEnd
  int machine() const override { return host_.machine(); }
  bool reads() const override { return !host_.paused() && inbox_.size() < 16; }
  LinkId OnAccepted() override { return ++links_accepted_; }
  void OnMessage(LinkId link, Message message) override;
  void OnClosed(LinkId link, const std::string& why) override;
  void OnRoom(LinkId link) override;

  // The engine's watermarks have moved.
  void OnLogMoved();

  // --- For writers, as last published.
  const replication::CommitPoint& commit_point() const { return commit_point_; }
  bool isolated() const { return isolated_; }
  void AskDurable(uint64_t index);

  // --- For readers, as Replicator has them. Answered from a turn of the process.
  using ReadAnswered = replication::Replicator::ReadAnswered;
  void AskRead(MonoTime deadline, ReadAnswered answer);
  void AskCommit(const Epoch& epoch, uint64_t index, MonoTime deadline,
                 ReadAnswered answer);
  void AskRecord(uint64_t epoch, uint64_t index, MonoTime deadline,
                 ReadAnswered answer);
  replication::LogFacts log_facts() const;

  // For operators, likewise.
  void ChangeMembers(const replication::ChangeRequest& request,
                     MonoTime deadline,
                     std::function<void(const absl::Status&)> answer);

  const replication::ReplicationCore& core() const { return core_; }
  Branch branch() const;
  uint64_t syncs() const {
    return core_.follower().full_syncs() + core_.follower().rewinds();
  }

 private:
  struct Asker {
    std::function<void(replication::FenceReply)> fence;
    std::function<void(replication::PromoteReply)> promote;
    std::function<void(replication::ReplicaOfReply)> replica_of;
    ReadAnswered read;
    std::function<void(const absl::Status&)> change;
  };
  using Token = replication::Token;
  Token Register(Asker asker);
  Asker TakeAsker(Token token);

  void Put(replication::Event event);
  void Wake();
  void Tick();
  void Run();
  void StepProgress();
  void StepAndExecute(replication::Event event);
  void Abandon(replication::Action& action);
  void PublishCommit();
  void PublishStatus();

  // One overload an action. False: it failed, the rest of the step is void.
  bool Execute(replication::Persist& action);
  bool Execute(replication::CloseGate& action);
  bool Execute(replication::OpenGate& action);
  bool Execute(replication::Dial& action);
  bool Execute(replication::CloseLink& action);
  bool Execute(replication::Feed& action);
  bool Execute(replication::FeedKeys& action);
  bool Execute(replication::SendAck& action);
  bool Execute(replication::AskRound& action);
  bool Execute(replication::TellRead& action);
  bool Execute(replication::AnswerRead& action);
  bool Execute(replication::AnswerChange& action);
  bool Execute(replication::AppendConfiguration& action);
  bool Execute(replication::RequestSync& action);
  bool Execute(replication::SendKeys& action);
  bool Execute(replication::Apply& action);
  bool Execute(replication::KeepDropped& action);
  bool Execute(replication::BeginRewind& action);
  bool Execute(replication::BeginStaging& action);
  bool Execute(replication::StageEntries& action);
  bool Execute(replication::StageLog& action);
  bool Execute(replication::CommitStaging& action);
  bool Execute(replication::DropStaging& action);
  bool Execute(replication::SettleDropped& action);
  bool Execute(replication::AnswerFence& action);
  bool Execute(replication::AnswerPromote& action);
  bool Execute(replication::AnswerReplicaOf& action);
  bool Execute(replication::Report& action);
  bool Check(const absl::Status& status, LinkId link);
  bool CheckBarrier(const absl::Status& status);
  // The core's state belongs to the engine's log now.
  void NameLog();
  // What others are about to learn, and whether it stands on the disk.
  void CheckTold();

  World& world_;
  Host& host_;
  engine::Engine& engine_;
  DiskWorker& disk_;
  const NodeClock& clock_;
  const std::function<int(const std::string&)> machine_at_;
  const replication::Options options_;

  replication::ReplicationCore core_;
  std::deque<replication::Event> inbox_;
  bool woken_ = false;
  absl::Duration busy_;  // with the disk, after the step at hand
  bool promoted_unformed_ = false;
  bool all_members_ = false;  // of the Promote that was taken last
  replication::LogProgressed told_;
  bool told_settled_ = false;
  std::vector<replication::Event> outcomes_;
  replication::DroppedFiles dropped_;

  std::map<Token, Asker> askers_;
  Token tokens_ = 0;

  // Of the engine's log; the core is ahead of it while a switch is under way.
  Lineage log_lineage_;
  History log_history_;

  // Published.
  replication::MemberView view_;
  History history_;
  replication::CommitPoint commit_point_;
  bool isolated_ = false;

  LinkId links_accepted_ = 0;
  FeedMarks marks_;
  std::map<LinkId, std::unique_ptr<Feed>> feeds_;
};

}  // namespace vigil::simulation

#endif  // VIGIL_TESTS_SIMULATION_MEMBER_H_
