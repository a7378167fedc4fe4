// The shell: real threads and the real clock, but no waiting for time to pass: every
// wait is for something that happens.
#include "sentinel/monitor.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/signal.h"
#include "gtest/gtest.h"
#include "tests/sentinel/fixtures.h"
#include "tests/sentinel/local_network.h"
#include "tests/sentinel/model_member.h"

namespace vigil::sentinel {
namespace {

using replication::FenceReply;
using replication::FenceRequest;
using replication::MemberView;
using replication::PromoteReply;
using replication::PromoteRequest;
using replication::ReplicaOfReply;
using replication::ReplicaOfRequest;

constexpr absl::Duration kPatience =
    absl::Seconds(20);  // a test's, not a node's

// What all nodes of a test announced, "a +sdown ..."; and waiting for it.
class Chronicle {
 public:
  void Write(std::string line) {
    {
      MutexLock lock(mu_);
      lines_.push_back(std::move(line));
    }
    written_.Notify();
  }

  // `node` "*": any.
  bool WaitFor(const std::string& node, const std::string& beginning) {
    const MonoTime deadline = SystemClock().Mono() + kPatience;
    for (uint64_t seen = written_.Seen();; seen = written_.Seen()) {
      if (Has(node, beginning)) return true;
      if (!written_.WaitPast(seen, deadline)) return false;
    }
  }

  std::string Text() {
    MutexLock lock(mu_);
    std::string text;
    for (const std::string& line : lines_) text += line + "\n";
    return text;
  }

 private:
  bool Has(const std::string& node, const std::string& beginning) {
    MutexLock lock(mu_);
    for (const std::string& line : lines_) {
      const bool of_node = node == "*" || line.substr(0, node.size()) == node;
      if (of_node && line.substr(2).rfind(beginning, 0) == 0) return true;
    }
    return false;
  }

  Mutex mu_;
  Signal written_;
  std::vector<std::string> lines_ ABSL_GUARDED_BY(mu_);
};

// A ModelMember behind the port, which copies its master's log as soon as it has one.
// May be told to answer nobody.
class MemberBehindPort final : public replication::MemberPort {
 public:
  using Peers = std::map<std::string, MemberBehindPort*>;

  // `peers` outlives it and does not change while it is asked.
  MemberBehindPort(const std::string& name, const Peers& peers)
      : peers_(peers), model_(name, AddressOf(name), IdOf(name)) {}

  void StaySilent() {
    MutexLock lock(mu_);
    silent_ = true;
  }

  MemberView view() const override {
    MutexLock lock(mu_);
    return model_.view();
  }
  void Fence(const FenceRequest& request,
             std::function<void(FenceReply)> answer) override {
    MutexLock lock(mu_);
    if (!silent_) answer(model_.Fence(request));
  }
  void Promote(const PromoteRequest& request,
               std::function<void(PromoteReply)> answer) override {
    MutexLock lock(mu_);
    if (!silent_) answer(model_.Promote(request));
  }
  void ReplicaOf(const ReplicaOfRequest& request,
                 std::function<void(ReplicaOfReply)> answer) override {
    ModelMember master = peers_.at(request.master_name)->Copy();
    MutexLock lock(mu_);
    if (silent_) return;
    model_.ReplicaOf(request);
    model_.SyncFrom(master);
    answer({true, model_.view()});
  }

 private:
  ModelMember Copy() const {
    MutexLock lock(mu_);
    return model_;
  }

  const Peers& peers_;
  mutable Mutex mu_;
  ModelMember model_ ABSL_GUARDED_BY(mu_);
  bool silent_ ABSL_GUARDED_BY(mu_) = false;
};

// What the nodes of a test share.
struct TestGroup {
  std::vector<std::string> names;
  LocalNetwork network;
  Chronicle chronicle;
  MemberBehindPort::Peers members;
};

// One node: monitor, member and saved state.
class TestNode {
 public:
  TestNode(const std::string& name, TestGroup& group)
      : name_(name),
        group_(group),
        member_(name, group.members),
        monitor_(Configure(name, group.names), {},
                 {.transport = group.network,
                  .member = member_,
                  .clock = clock_,
                  .save = [this](const std::string&) { return Save(); },
                  .announce =
                      [this](const SentinelEvent& event) {
                        group_.chronicle.Write(name_ + " " + event.name + " " +
                                               event.text);
                      }}) {
    group_.members[name] = &member_;
    group_.network.Attach(AddressOf(name), &monitor_);
  }
  ~TestNode() { Stop(); }

  void Stop() {
    group_.network.Detach(AddressOf(name_));
    monitor_.Stop();
  }

  void FailSaves() {
    MutexLock lock(mu_);
    save_error_ = absl::ResourceExhaustedError("disk full");
  }

  // Asks and waits for the answer.
  absl::StatusOr<Answer> Ask(const Question& question) {
    const auto signal = std::make_shared<Signal>();
    const auto answer =
        std::make_shared<std::optional<absl::StatusOr<Answer>>>();
    const uint64_t seen = signal->Seen();
    monitor_.Answer(question, [signal, answer](absl::StatusOr<Answer> got) {
      *answer = std::move(got);
      signal->Notify();
    });
    if (!signal->WaitPast(seen, clock_.Mono() + kPatience)) {
      return absl::InternalError("the test lost its patience");
    }
    return **answer;
  }

  Monitor& monitor() { return monitor_; }
  MemberBehindPort& member() { return member_; }

 private:
  static Options Configure(const std::string& name,
                           const std::vector<std::string>& names) {
    Options options = OptionsFor(name, names);
    options.seed = IdOf(name).value;
    return options;
  }

  absl::Status Save() {
    MutexLock lock(mu_);
    return save_error_;
  }

  const std::string name_;
  TestGroup& group_;
  SystemClock clock_;
  MemberBehindPort member_;
  Mutex mu_;
  absl::Status save_error_ ABSL_GUARDED_BY(mu_);
  Monitor monitor_;
};

Question From(const std::string& name, Question::Body body) {
  return {"g", name, IdOf(name), std::move(body)};
}

TEST(Monitor, ThreeElectAMasterAndReplaceIt) {
  TestGroup group{.names = {"a", "b", "c"}};
  TestNode a("a", group);
  TestNode b("b", group);
  TestNode c("c", group);
  for (TestNode* node : {&a, &b, &c}) node->monitor().Start();
  ASSERT_TRUE(
      group.chronicle.WaitFor("*", "+failover-end master a 127.0.0.1 7001"));
  a.Stop();
  const std::string line = "+switch-master g 127.0.0.1 7001 127.0.0.1 7002";
  EXPECT_TRUE(group.chronicle.WaitFor("b", line)) << group.chronicle.Text();
  EXPECT_TRUE(group.chronicle.WaitFor("c", line)) << group.chronicle.Text();
}

TEST(Monitor, AGroupOfOneIsMasterOfItself) {
  TestGroup group{.names = {"a"}};
  TestNode a("a", group);
  a.monitor().Start();
  EXPECT_TRUE(
      group.chronicle.WaitFor("a", "+failover-end master a 127.0.0.1 7001"));
  EXPECT_EQ(a.monitor().status().epoch, 1u);
}

TEST(Monitor, AnswersTheQuestionsOfOthers) {
  TestGroup group{.names = {"a", "b", "c"}};
  TestNode a("a", group);
  a.monitor().Start();
  const auto pong = a.Ask(From("b", Ping{}));
  ASSERT_TRUE(pong.ok()) << pong.status();
  EXPECT_EQ(std::get<Pong>(*pong).view.name, "a");
  const auto fence = a.Ask(From("b", FenceRequest{{3, IdOf("b")}}));
  ASSERT_TRUE(fence.ok()) << fence.status();
  EXPECT_TRUE(std::get<FenceReply>(*fence).promised);
  const auto stranger = a.Ask({"other", "b", IdOf("b"), Ping{}});
  EXPECT_TRUE(absl::IsPermissionDenied(stranger.status())) << stranger.status();
}

TEST(Monitor, WhatIsNotSavedIsNotPromised) {
  TestGroup group{.names = {"a", "b", "c"}};
  TestNode a("a", group);
  a.FailSaves();
  a.monitor().Start();
  const auto vote = a.Ask(From("b", VoteRequest{.pre = false, .number = 1}));
  EXPECT_FALSE(vote.ok()) << "the vote was decided, but it must not be known";
  EXPECT_TRUE(group.chronicle.WaitFor("a", "-state-not-saved a votes no more"));
  const auto again = a.Ask(From("b", VoteRequest{.pre = false, .number = 1}));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_FALSE(std::get<VoteReply>(*again).granted);
}

TEST(Monitor, StopAnswersWhatIsOpen) {
  TestGroup group{.names = {"a", "b", "c"}};
  TestNode a("a", group);
  a.member().StaySilent();
  a.monitor().Start();
  std::optional<absl::StatusOr<Answer>> answer;
  a.monitor().Answer(
      From("b", FenceRequest{{3, IdOf("b")}}),
      [&](absl::StatusOr<Answer> got) { answer = std::move(got); });
  a.Stop();
  ASSERT_TRUE(answer.has_value());
  EXPECT_TRUE(absl::IsUnavailable(answer->status())) << answer->status();
  a.Stop();  // once more
  EXPECT_TRUE(absl::IsUnavailable(a.Ask(From("b", Ping{})).status()));
}

TEST(Monitor, CanBeStoppedBeforeItStarts) {
  TestGroup group{.names = {"a", "b", "c"}};
  TestNode a("a", group);
  std::optional<absl::StatusOr<Answer>> answer;
  a.monitor().Answer(From("b", Ping{}), [&](absl::StatusOr<Answer> got) {
    answer = std::move(got);
  });
  a.Stop();
  EXPECT_TRUE(answer.has_value());
}

TEST(PendingReplies, EachIsAnsweredOnce) {
  PendingReplies pending;
  std::vector<absl::Status> answers;
  const auto note = [&](absl::StatusOr<Answer> answer) {
    answers.push_back(answer.status());
  };
  const uint64_t first = pending.Add(note, At(100));
  const uint64_t second = pending.Add(note, At(200));
  pending.Answer(first, Answer(Pong{}));
  pending.Answer(first, Answer(Pong{}));
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_TRUE(answers[0].ok());

  pending.Expire(At(199));
  EXPECT_EQ(answers.size(), 1u);
  pending.Expire(At(200));
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_TRUE(absl::IsDeadlineExceeded(answers[1]));
  pending.Answer(second, Answer(Pong{}));
  EXPECT_EQ(answers.size(), 2u);
}

TEST(PendingReplies, AreBounded) {
  PendingReplies pending;
  int refused = 0;
  for (size_t i = 0; i < PendingReplies::kPendingMax + 5; ++i) {
    pending.Add(
        [&](absl::StatusOr<Answer> answer) {
          if (absl::IsResourceExhausted(answer.status())) ++refused;
        },
        At(100));
  }
  EXPECT_EQ(refused, 5);
}

}  // namespace
}  // namespace vigil::sentinel
