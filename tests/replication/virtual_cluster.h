// VirtualCluster: members on a virtual network, with simulated leaders that
// fence and promote, and everything that may go wrong, from one seed.
//
//   links      ordered and reliable, and cut at any moment
//   requests   Fence, Promote and ReplicaOf: lost, late, twice, out of order
//   leaders    several at once, abandoned anywhere; each obeys protocol.md: one
//              Promote in its epoch, to the greatest position of F formed
//              members, or of all when fewer than F are formed
//   members    killed between any two actions, their machines switched off, their
//              disks broken, their logs trimmed
//
// After every step the invariants are checked; the first that is broken ends the
// run and is told by violation().
#ifndef VIGIL_TESTS_REPLICATION_VIRTUAL_CLUSTER_H_
#define VIGIL_TESTS_REPLICATION_VIRTUAL_CLUSTER_H_

#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/base/random.h"
#include "tests/replication/virtual_member.h"

namespace vigil::replication {

struct Misfortune {
  bool any = true;
  // Machines that may lose their unsynced data. Up to N - C of them, what was
  // committed must survive; above, that is not checked. What C members had synced must
  // survive any number.
  int power_cuts = 0;
  // Nodes that are no members to begin with. With any, members come and go, and a disk
  // that is lost is replaced by another node, or by the same without its data.
  int newcomers = 0;
};

class VirtualCluster final : public VirtualMember::Outside {
 public:
  VirtualCluster(int members, uint64_t seed, const Misfortune& misfortune);

  // One random step.
  void Step();
  // Ends all misfortune. Returns when there is one settled master and all logs
  // are equal; a violation if that takes too long.
  void Heal();

  const std::string& violation() const { return violation_; }

  // What happened, so that a test can tell that something did.
  struct Tally {
    int promotions = 0;
    int commits = 0;
    int durable_commits = 0;
    int full_syncs = 0;
    int rewinds = 0;
    int dropped = 0;  // writes that were told as such
    int restarts = 0;
    int changes = 0;  // of members, committed
    int wipes = 0;
  };
  const Tally& tally() const { return tally_; }

 private:
  using Request = std::variant<FenceRequest, PromoteRequest, ReplicaOfRequest>;
  struct Leader;
  struct Feeder {
    std::variant<Welcome, Refused> answer;
    bool answered = false;
    uint64_t walked = 0;  // entries sent
    bool walk_ended = false;
    std::deque<RewindKeys> keys;
    uint64_t next = 0;
  };
  struct End {
    VirtualMember* member = nullptr;
    uint64_t incarnation = 0;
    LinkId id = 0;
    bool open = true;
    std::deque<Message> arriving;
  };
  struct NetworkLink {
    End replica;
    End master;
    std::optional<Feeder> feeder;
  };
  struct Sent {
    VirtualMember* to = nullptr;
    Leader* from = nullptr;
    Request request;
  };
  struct Answered {
    VirtualMember* from = nullptr;
    Leader* to = nullptr;
    Answer answer;
  };
  struct Leader {
    Epoch epoch;
    std::map<NodeId, FenceReply> fenced;
    bool promote_sent = false;
    VirtualMember* master = nullptr;
  };
  struct Commit {
    uint64_t index = 0;
    uint64_t prefix = 0;
  };
  struct Reign {
    VirtualMember* member = nullptr;
    uint64_t incarnation = 0;
    std::vector<uint64_t> prefix;  // its log when it began
  };

  // --- VirtualMember::Outside
  MonoTime Now() const override { return now_; }
  void OnDial(VirtualMember& from, const Dial& dial) override;
  void OnCloseLink(VirtualMember& from, LinkId link) override;
  void OnSend(VirtualMember& from, LinkId link, Message message) override;
  void OnFeed(VirtualMember& from, const Feed& feed) override;
  void OnFeedKeys(VirtualMember& from, const FeedKeys& feed) override;
  void OnAnswer(VirtualMember& from, Token token, Answer answer) override;
  void OnChangeMade() override { ++tally_.changes; }
  bool KilledNow() override { return Bad(1500); }
  bool PeersDataIsBad() override { return Bad(150); }
  bool DiskFails() override { return Bad(800); }
  bool WritesAtTheLastMoment() override { return Bad(3); }

  // True once in about `n`, while there is misfortune.
  bool Bad(uint64_t n) { return misfortune_.any && random_.Uniform(n) == 0; }
  VirtualMember& Any() { return *members_[random_.Uniform(members_.size())]; }

  // --- The network
  End* EndOf(VirtualMember& member, LinkId link);
  bool Lives(const End& end) const;
  void CloseEnd(End& end, const std::string& why);
  void Deliver(NetworkLink& link);
  void DeliverTo(End& to, const End& from);
  void Break(NetworkLink& link);
  void RunFeeder(NetworkLink& link);
  void FeedEntries(NetworkLink& link, const Welcome& welcome);
  void AnswerKeys(NetworkLink& link);
  void FeedLog(NetworkLink& link, const Welcome& welcome);

  // --- The leaders
  void StartLeader();
  void Lead(Leader& leader);
  void SendTo(VirtualMember& to, Leader& from, Request request);
  void GiveUpMoreThan(const MemberView& chosen, const Leader& leader);
  const MemberView* Choose(const Leader& leader) const;
  Configuration InForceAmong(const Leader& leader) const;
  bool OnlyAllMembersWillDo(const Leader& leader) const;
  VirtualMember* WithId(NodeId id) const;

  // --- Changes of members
  void AskForChange();
  void MayWipe(VirtualMember& member);
  void CheckConfiguration(VirtualMember& member);
  std::string Describe(const VirtualMember& member) const;
  void DeliverRequest();
  void DeliverAnswer();

  // --- Time, misfortune and checks
  void Advance(absl::Duration d);
  void Misfortunes();
  void Start(VirtualMember& member);
  bool IsLevel() const;
  void Observe(VirtualMember& member);
  void CheckPrefixes(VirtualMember& member);
  void CheckReign(VirtualMember& member);
  void CheckCommit(const Epoch& epoch, const Commit& commit);
  void CheckWrites();
  void Violated(const std::string& what);

  Random random_;
  Misfortune misfortune_;
  const bool commits_must_survive_;
  uint64_t ids_ = 0;
  MonoTime now_ = MonoTime{} + absl::Seconds(1);
  MonoTime tick_at_;
  Configuration group_;
  std::vector<std::unique_ptr<VirtualMember>> members_;
  std::list<NetworkLink> links_;
  LinkId links_accepted_ = 0;
  uint64_t writes_ = 0;

  std::vector<std::unique_ptr<Leader>> leaders_;
  std::vector<Sent> requests_;
  std::vector<Answered> answers_;
  std::map<Token, Leader*> askers_;
  Token tokens_ = 0;

  std::string violation_;
  Tally tally_;
  std::map<std::pair<Lineage, Position>, uint64_t> prefixes_;
  std::map<Epoch, Reign> reigns_;
  std::map<Epoch, Commit> commits_;
  std::map<Epoch, Commit> durable_commits_;
  std::map<NodeId, Epoch> promised_;
};

}  // namespace vigil::replication

#endif  // VIGIL_TESTS_REPLICATION_VIRTUAL_CLUSTER_H_
