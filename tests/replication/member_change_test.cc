// A change of members as a master makes it: real cores, one by one.
#include "gtest/gtest.h"
#include "replication/replication_core.h"
#include "tests/replication/core_test_values.h"

namespace vigil::replication {
namespace {

using Kind = ChangeRequest::Kind;

constexpr uint64_t kNonce = 7;
constexpr Token kAsked = 50;

// Master "a" of epoch 2 from index 11 on; "b" and "c" are members, "d" a newcomer. What
// it appends is in its log at once.
class Changing : public testing::Test {
 protected:
  Changing()
      : core_({.address = "a:1"}, Formed("a", H({{1, 1}}), E(1)), 10, kNonce,
              1) {
    Step(FenceAsked{1, {E(2)}});
    Step(PromoteAsked{2,
                      {.epoch = E(2),
                       .position = {E(1), 10},
                       .nonce = kNonce,
                       .configuration = Group(3)}});
    Progress(11);
  }

  void Step(Event event) {
    actions_ = core_.Step(std::move(event), now_);
    for (const Action& action : Actions(actions_)) {
      if (const auto* persist = std::get_if<Persist>(&action))
        on_disk_ = persist->state;
      if (const auto* answer = std::get_if<AnswerChange>(&action))
        answers_.push_back(answer->status);
      if (const auto* append = std::get_if<AppendConfiguration>(&action)) {
        appended_.push_back(*DecodeConfiguration(append->record));
        Step(ConfigurationAppended{++last_});
        Progress(last_);
      }
    }
  }
  void Progress(uint64_t last) {
    last_ = last;
    Step(LogProgressed{last, last, last});
  }
  void Follow(const std::string& name) {
    Step(MessageReceived{.link = IdOf(name).value,
                         .message = Hello{.group = "g",
                                          .name = name,
                                          .address = name + ":1",
                                          .id = IdOf(name),
                                          .lineage = kLineage,
                                          .epoch = E(2),
                                          .position = {E(1), 10},
                                          .history = H({{1, 1}}),
                                          .nonce = 5},
                         .log_holds_from = 1});
  }
  void Holds(const std::string& name, uint64_t index) {
    Step(MessageReceived{
        .link = IdOf(name).value,
        .message = Ack{
            .epoch = E(2), .held = index, .durable = index, .formed = true}});
  }
  void Ask(Kind kind, const std::string& name, const std::string& by = "") {
    Step(ChangeAsked{kAsked, {kind, name, by}, At(1000)});
  }
  void TickAt(int64_t ms) {
    now_ = At(ms);
    Step(Ticked{});
  }
  // b and c follow, and the epoch record is committed.
  void Settle() {
    Follow("b");
    Follow("c");
    Holds("b", last_);
    Holds("c", last_);
  }

  MonoTime now_ = At(0);
  uint64_t last_ = 10;
  ReplicationCore core_;
  Actions actions_;
  MemberState on_disk_;
  std::vector<absl::Status> answers_;
  std::vector<Configuration> appended_;
};

TEST_F(Changing, ANewcomerIsNamedWhenItHasCaughtUp) {
  Settle();
  Ask(Kind::kAddMember, "d");
  EXPECT_TRUE(appended_.empty()) << "nobody of that name follows";
  Follow("d");
  EXPECT_TRUE(appended_.empty());
  Holds("d", 10);
  EXPECT_TRUE(appended_.empty()) << "it has not caught up";
  Holds("d", 11);
  ASSERT_EQ(appended_.size(), 1u);
  EXPECT_TRUE(appended_[0].joint());
  EXPECT_EQ(core_.configuration(), appended_[0]) << "in force from its append";
  EXPECT_EQ(on_disk_.configurations.newest_index(), 12u);
  EXPECT_FALSE(on_disk_.appending.has_value());

  Holds("d", 12);
  EXPECT_EQ(appended_.size(), 1u) << "two of four";
  Holds("b", 12);
  ASSERT_EQ(appended_.size(), 2u) << "committed: the final one follows";
  EXPECT_FALSE(appended_[1].joint());
  EXPECT_EQ(appended_[1].members.size(), 4u);
  EXPECT_TRUE(answers_.empty());
  Holds("b", 13);
  Holds("c", 13);
  ASSERT_EQ(answers_.size(), 1u);
  EXPECT_TRUE(answers_[0].ok()) << answers_[0];
}

TEST_F(Changing, NoneBeginsBeforeTheEpochRecordIsCommitted) {
  Follow("b");
  Follow("c");
  Ask(Kind::kRemove, "c");
  EXPECT_TRUE(appended_.empty());
  Holds("b", 11);
  EXPECT_EQ(appended_.size(), 1u);
}

TEST_F(Changing, OneAtATime) {
  Settle();
  Ask(Kind::kRemove, "c");
  ASSERT_EQ(appended_.size(), 1u);
  Ask(Kind::kRemove, "b");
  ASSERT_EQ(answers_.size(), 1u);
  EXPECT_TRUE(absl::IsUnavailable(answers_[0])) << answers_[0];
}

TEST_F(Changing, AJointOneNeedsAQuorumOfBoth) {
  Settle();
  Ask(Kind::kRemove, "b");
  ASSERT_EQ(appended_.size(), 1u);
  Holds("b", 12);
  EXPECT_EQ(appended_.size(), 1u) << "of a and c, one";
  Holds("c", 12);
  EXPECT_EQ(appended_.size(), 2u);
}

TEST_F(Changing, AReadReplicaIsRecordedAtOnce) {
  Settle();
  Follow("d");
  Ask(Kind::kAddReader, "d");
  ASSERT_EQ(appended_.size(), 1u);
  EXPECT_FALSE(appended_[0].joint());
  ASSERT_EQ(appended_[0].readers.size(), 1u);
  EXPECT_EQ(appended_[0].readers[0].address, "d:1");
  Holds("d", 12);
  EXPECT_TRUE(answers_.empty()) << "it counts for nothing";
  Holds("b", 12);
  ASSERT_EQ(answers_.size(), 1u);
  EXPECT_TRUE(answers_[0].ok());
}

TEST_F(Changing, AMasterThatIsRemovedStepsDownWhenThatIsCommitted) {
  Settle();
  Ask(Kind::kRemove, "a");
  Holds("b", 12);
  Holds("c", 12);
  ASSERT_EQ(appended_.size(), 2u);
  EXPECT_TRUE(core_.is_master());
  Holds("b", 13);
  EXPECT_TRUE(core_.is_master()) << "it does not count itself";
  Holds("c", 13);
  EXPECT_FALSE(core_.is_master());
  ASSERT_EQ(answers_.size(), 1u);
  EXPECT_TRUE(answers_[0].ok());
}

TEST_F(Changing, TheDeadlineSaysWhetherItHasBegun) {
  Settle();
  Ask(Kind::kAddMember, "d");
  TickAt(1000);
  ASSERT_EQ(answers_.size(), 1u);
  EXPECT_TRUE(absl::IsUnavailable(answers_[0])) << answers_[0];
  now_ = At(0);
  Ask(Kind::kRemove, "c");
  TickAt(1000);
  ASSERT_EQ(answers_.size(), 2u);
  EXPECT_TRUE(absl::IsDeadlineExceeded(answers_[1])) << answers_[1];
  Holds("b", 12);
  EXPECT_EQ(appended_.size(), 2u) << "it goes on all the same";
}

TEST_F(Changing, WhoAskedIsToldWhenTheRoleIsLost) {
  Settle();
  Ask(Kind::kAddMember, "d");
  Step(FenceAsked{1, {E(3)}});
  ASSERT_EQ(answers_.size(), 1u);
  EXPECT_TRUE(absl::IsFailedPrecondition(answers_[0])) << answers_[0];
  Ask(Kind::kRemove, "b");
  ASSERT_EQ(answers_.size(), 2u);
  EXPECT_TRUE(absl::IsFailedPrecondition(answers_[1])) << answers_[1];
}

// A new master brings to its end what it finds begun.
TEST(InheritedChange, IsCompletedByTheNextMaster) {
  MemberState state = Formed("a", H({{1, 1}}), E(1));
  Configuration joint = Group(3);
  joint.version = 2;
  joint.before = joint.members;
  joint.members.pop_back();
  state.configurations.Append(10, joint);
  ReplicationCore core({.address = "a:1"}, state, 10, kNonce, 1);
  EXPECT_EQ(core.ViewAt(10).configuration, joint);
  EXPECT_EQ(core.ViewAt(9).configuration, Group(3)) << "after a truncation";
  core.Step(FenceAsked{1, {E(2)}}, At(0));
  core.Step(PromoteAsked{2,
                         {.epoch = E(2),
                          .position = {E(1), 10},
                          .nonce = kNonce,
                          .configuration = Group(5)}},
            At(0));
  ASSERT_TRUE(core.is_master());
  EXPECT_EQ(
      Find<AppendConfiguration>(core.Step(LogProgressed{11, 11, 11}, At(1))),
      nullptr);
  core.Step(MessageReceived{.link = 2,
                            .message = Hello{.group = "g",
                                             .name = "b",
                                             .id = IdOf("b"),
                                             .lineage = kLineage,
                                             .epoch = E(2),
                                             .position = {E(1), 10},
                                             .history = H({{1, 1}}),
                                             .nonce = 5},
                            .log_holds_from = 1},
            At(1));
  const Actions actions = core.Step(
      MessageReceived{
          .link = 2,
          .message =
              Ack{.epoch = E(2), .held = 11, .durable = 11, .formed = true}},
      At(2));
  EXPECT_TRUE((Precedes<Persist, AppendConfiguration>(actions)))
      << "on disk before it is in the log";
  const auto* persist = Find<Persist>(actions);
  ASSERT_NE(persist, nullptr);
  ASSERT_TRUE(persist->state.appending.has_value());
  EXPECT_EQ(persist->state.appending->configuration.members.size(), 2u);
}

}  // namespace
}  // namespace vigil::replication
