// SimCluster: some real sentinel cores, each beside a ModelMember, on a virtual network
// and clock, in one thread. Everything follows from the seed.
//
// It checks on the way, and aborts the test with the log if broken:
//   - one vote per epoch number and sentinel;
//   - one Promote per epoch, and one master per epoch;
//   - a record held by a commit quorum in its master's epoch is in the log of every
//     later master, except after a promotion under the all-members rule.
#ifndef VIGIL_TESTS_SENTINEL_SIM_CLUSTER_H_
#define VIGIL_TESTS_SENTINEL_SIM_CLUSTER_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/random.h"
#include "sentinel/sentinel.h"
#include "tests/sentinel/model_member.h"

namespace vigil::sentinel {

class SimCluster {
 public:
  struct Settings {
    std::vector<std::string> names = {"a", "b", "c"};
    int quorum = 2;
    absl::Duration down_after = absl::Milliseconds(500);
    absl::Duration failover_timeout = absl::Seconds(10);
    bool fast_fail = true;
    uint64_t seed = 1;
    // Chances in percent.
    int loss = 0;              // of a question or answer
    int crash_after_save = 0;  // of the saver, before anything else happens
  };

  explicit SimCluster(const Settings& settings);

  void Start(const std::string& name);
  void Kill(const std::string& name);
  void Pause(const std::string& name);
  void Resume(const std::string& name);
  void Wipe(const std::string& name);  // REQUIRES: not running
  void Partition(const std::vector<std::set<std::string>>& groups);
  void Heal() { groups_.clear(); }
  void FailSaves(const std::string& name) { node(name).saves_fail = true; }
  // Kills the next node that asks this, before the question leaves it.
  void KillNextAsker(Topic topic) { kill_asker_of_ = topic; }
  // Loses the answers to this question from now on.
  void LoseAnswersTo(std::optional<Topic> topic) { lost_answers_ = topic; }
  void SetLoss(int percent) { settings_.loss = percent; }
  void SetCrashAfterSave(int percent) { settings_.crash_after_save = percent; }
  void Write(const std::string& name, int records);
  // What a sentinel outside of the group would send.
  void AskFromOutside(const std::string& to, Question question);

  void RunUntil(MonoTime end);
  MonoTime now() const { return now_; }

  ModelMember& member(const std::string& name) { return node(name).member; }
  Status status(const std::string& name);
  bool running(const std::string& name) { return node(name).core != nullptr; }
  // The running master with the highest epoch, if a commit quorum follows it.
  std::optional<std::string> SettledMaster();
  uint64_t promotions() const { return masters_.size(); }
  size_t sentinel_asks() const { return asks_; }

  struct Line {
    MonoTime at;
    std::string node;
    std::string text;  // "+sdown master a ..."
  };
  const std::vector<Line>& log() const { return log_; }
  std::string LogText() const;
  // The first broken promise; empty: none.
  const std::string& violation() const { return violation_; }

 private:
  struct Node {
    Node(std::string node_name, std::string address, NodeId id)
        : name(node_name),
          member(std::move(node_name), std::move(address), id) {}
    std::string name;
    ModelMember member;
    std::string saved;
    std::unique_ptr<Sentinel> core;  // nullptr: not running
    uint64_t start =
        0;  // counts starts: what was meant for an older one is lost
    bool paused = false;
    bool saves_fail = false;
    std::deque<Event> held;  // arrived while paused
    uint64_t wake_generation = 0;
  };
  struct Call {
    std::string from;
    std::string to;
    uint64_t from_start = 0;
    uint64_t to_start = 0;
    uint64_t round = 0;
    Question question;
    Topic topic() const { return TopicOf(question.body); }
  };
  struct Happening {
    MonoTime at;
    uint64_t order;
    std::function<void()> run;
    bool operator<(const Happening& other) const {  // the earliest is on top
      return std::pair(at, order) > std::pair(other.at, other.order);
    }
  };

  Node& node(const std::string& name) { return *nodes_.at(name); }
  void Schedule(MonoTime at, std::function<void()> run);
  absl::Duration Delay();
  bool Lost() {
    return random_.Uniform(100) < static_cast<uint64_t>(settings_.loss);
  }
  bool Connected(const std::string& a, const std::string& b) const;
  void StepNode(Node& node, const Event& event);
  void Deliver(Node& node, Event event);
  void ScheduleWake(Node& node);
  // Each returns false if nothing after it may happen.
  bool Execute(Node& node, const Ask& ask);
  bool Execute(Node& node, const Reply& reply);
  bool Execute(Node& node, const PassToMember& pass);
  bool Execute(Node& node, const SaveState& save);
  bool Execute(Node& node, const Announce& announce);
  void AskOwn(Node& node, const Ask& ask);
  void Finish(uint64_t call, std::variant<Answer, Failure> result);
  Answer AskMember(Node& node, const Question::Body& body);
  void Sync();
  void Note(const std::string& node, const std::string& text);
  void CheckVote(const std::string& voter, uint64_t number, NodeId candidate);
  void CheckPromotion(const Node& promoted, bool all_members);
  void Violated(const std::string& what);

  Settings settings_;
  Random random_;
  MonoTime now_;
  std::map<std::string, std::unique_ptr<Node>> nodes_;
  std::priority_queue<Happening> queue_;
  uint64_t order_ = 0;
  std::vector<std::set<std::string>> groups_;
  std::map<uint64_t, Call> calls_;  // by token
  uint64_t tokens_ = 0;
  size_t asks_ = 0;
  std::optional<Topic> kill_asker_of_;
  std::optional<Topic> lost_answers_;

  std::vector<Line> log_;
  std::string violation_;
  std::map<std::pair<NodeId, uint64_t>, NodeId> votes_;
  std::map<Epoch, int> promotes_asked_;
  std::map<Epoch, std::string> masters_;
  std::vector<Epoch> committed_;  // prefix that no later master may lack
};

}  // namespace vigil::sentinel

#endif  // VIGIL_TESTS_SENTINEL_SIM_CLUSTER_H_
