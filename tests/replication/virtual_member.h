// VirtualMember: a real ReplicationCore over a model of everything around it.
//
// The log is a list of strings, `held` of them are with the operating system and
// `durable` of them on the disk; a write by the application appends, a killed
// process keeps what is held, a machine that goes down keeps what is durable and
// perhaps more. What the member drops is kept beside the log as DroppedFiles does it. The
// shell's rules are the Replicator's: one event at a time, the watermarks told before
// each, actions in order, and after one that failed the rest of its step is void.
//
// Thread-compatible. Nothing here is random: whoever drives it decides.
#ifndef VIGIL_TESTS_REPLICATION_VIRTUAL_MEMBER_H_
#define VIGIL_TESTS_REPLICATION_VIRTUAL_MEMBER_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "replication/replication_core.h"

namespace vigil::replication {

// Records of the model, as they travel.
std::string JoinRecords(const std::vector<std::string>& log, uint64_t first,
                        uint64_t last);
std::vector<std::string> SplitRecords(std::string_view records);

using Answer = std::variant<FenceReply, PromoteReply, ReplicaOfReply>;

class VirtualMember {
 public:
  // What the member reaches, and what may befall it between two actions.
  class Outside {
   public:
    virtual ~Outside() = default;
    virtual MonoTime Now() const = 0;
    virtual void OnDial(VirtualMember& from, const Dial& dial) = 0;
    virtual void OnCloseLink(VirtualMember& from, LinkId link) = 0;
    virtual void OnSend(VirtualMember& from, LinkId link, Message message) = 0;
    virtual void OnFeed(VirtualMember& from, const Feed& feed) = 0;
    virtual void OnFeedKeys(VirtualMember& from, const FeedKeys& feed) = 0;
    virtual void OnAnswer(VirtualMember& from, Token token, Answer answer) = 0;
    virtual void OnChangeMade() = 0;
    virtual bool KilledNow() = 0;
    virtual bool PeersDataIsBad() = 0;
    virtual bool DiskFails() = 0;
    // A writer got in just before the gate closed.
    virtual bool WritesAtTheLastMoment() = 0;
  };

  VirtualMember(const MemberState& fresh, Outside& outside)
      : outside_(outside), disk_(fresh) {}

  // --- Life
  void Start(uint64_t nonce);
  void Kill();
  // Of what is held but not durable, `survive` records stay.
  void CutPower(uint64_t survive);
  bool alive() const { return core_.has_value(); }
  // Counts the starts: a master is one incarnation of a member.
  uint64_t incarnation() const { return incarnation_; }
  // Its disk is gone, and with it who it was.
  void Wipe(NodeId new_id);

  // --- Work
  void Put(Event event) { inbox_.push_back(std::move(event)); }
  void PutMessage(LinkId link, Message message);
  // Takes one event, or only looks at the watermarks.
  void Run();
  // Appends a record, if this is a master with an open gate.
  bool Write(std::string record);
  void Flush(uint64_t records, bool sync);
  // Forgets the log below, for replicas: who needs it takes a full sync.
  void TrimLog(uint64_t below) {
    log_start_ = std::max(log_start_, std::min(below, durable_));
  }

  // --- What it is
  const std::string& name() const { return disk_.name; }
  NodeId id() const { return disk_.id; }
  const ReplicationCore& core() const { return *core_; }
  MemberView view() const { return core_->ViewAt(last()); }
  const MemberState& on_disk() const { return disk_; }
  const std::vector<std::string>& log() const { return log_; }
  uint64_t last() const { return log_.size(); }
  // A digest of the log up to `index`.
  uint64_t PrefixAt(uint64_t index) const {
    return index == 0 ? 0 : prefix_[index - 1];
  }
  bool LogHolds(uint64_t index) const { return index > log_start_; }
  bool is_master() const { return alive() && core_->is_master(); }

  // The configuration that it goes by, and the last one that its log has.
  const Configuration& InForce() const;
  const Configuration* LastInLog() const {
    return configured_.empty() ? nullptr : &configured_.back().configuration;
  }

  // --- What became of its writes: records by their positions.
  using Records = std::vector<std::pair<Position, std::string>>;
  const Records& accepted() const { return accepted_; }
  // Told to the application as dropped; dropped, but not told yet.
  const Records& dropped() const { return dropped_; }
  bool undecided() const { return !undecided_.empty(); }
  // Gone with a process or a machine, or with a log that was trimmed too early to
  // be read.
  const std::set<Position>& lost() const { return lost_; }

 private:
  struct Staging {
    bool rewind = false;
    uint64_t begin = 0;
    std::vector<std::string> log;
  };

  void FindAppended();
  void StepProgress();
  void StepAndExecute(Event event);
  void Append(std::string record);
  void Truncate(uint64_t last);
  void Lose(uint64_t above);
  void Down();

  bool Execute(const Persist& action);
  bool Execute(const CloseGate& action);
  bool Execute(const OpenGate& action);
  bool Execute(const AppendConfiguration& action);
  bool Execute(const Dial& action);
  bool Execute(const CloseLink& action);
  bool Execute(const Feed& action);
  bool Execute(const FeedKeys& action);
  bool Execute(const SendAck& action);
  bool Execute(const RequestSync& action);
  bool Execute(const SendKeys& action);
  bool Execute(const Apply& action);
  bool Execute(const KeepDropped& action);
  bool Execute(const BeginRewind& action);
  bool Execute(const BeginStaging& action);
  bool Execute(const StageEntries& action);
  bool Execute(const StageLog& action);
  bool Execute(const CommitStaging& action);
  bool Execute(const DropStaging& action);
  bool Execute(const SettleDropped& action);
  bool Execute(const AnswerFence& action);
  bool Execute(const AnswerPromote& action);
  bool Execute(const AnswerReplicaOf& action);
  bool Execute(const AskRound&) { return true; }  // nobody reads here
  bool Execute(const TellRead&) { return true; }
  bool Execute(const AnswerRead&) { return true; }
  bool Execute(const AnswerChange& action) {
    if (action.status.ok()) outside_.OnChangeMade();
    return true;
  }
  bool Execute(const Report& action);
  bool BadData(LinkId link);
  bool DiskIsGone();

  Outside& outside_;
  uint64_t incarnation_ = 0;

  // What outlives the process.
  MemberState disk_;
  std::vector<std::string> log_;  // in memory; the first held_ of it on disk
  std::vector<uint64_t> prefix_;  // beside log_
  std::vector<ConfigurationLog::Entry> configured_;  // of log_
  uint64_t held_ = 0;
  uint64_t durable_ = 0;
  uint64_t log_start_ = 0;
  Records undecided_;
  Records dropped_;

  // What a test knows.
  Records accepted_;
  std::set<Position> lost_;
  uint64_t last_moments_ = 0;

  // The process.
  std::optional<ReplicationCore> core_;
  std::deque<Event> inbox_;
  std::vector<Event> outcomes_;
  LogProgressed told_;
  bool gate_open_ = false;
  bool disk_failed_ = false;
  std::optional<Staging> staging_;
  Records kept_;  // for the switch
};

}  // namespace vigil::replication

#endif  // VIGIL_TESTS_REPLICATION_VIRTUAL_MEMBER_H_
