// Which data_dir a member accepts as its own, and what it says of the others.
#include "replication/identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/support/manual_clock.h"

namespace vigil::replication {
namespace {

using ::testing::HasSubstr;

class MemberIdentity : public testing::Test {
 protected:
  MemberIdentity() {
    auto opened = engine::Engine::Open({}, nullptr, clock_, {});
    engine_ = *std::move(opened);
  }

  static Identity Mine() {
    return {.group = "g",
            .name = "a",
            .data_dir = "/data/a",
            .members = {.members = {{"a", "h:1", {}}, {"b", "h:2", {}}}},
            .boot = "first"};
  }

  absl::StatusOr<MemberState> Open(const Identity& identity) {
    return OpenMemberState(*engine_, identity);
  }
  // As a promotion would.
  void RecordMembers() {
    MemberState state = *Open(Mine());
    Configuration recorded = state.configurations.newest();
    recorded.version = 1;
    state.configurations = recorded;
    state.formed = true;
    ASSERT_TRUE(SaveMemberState(*engine_, state).ok());
  }
  void ExpectRefusal(const Identity& identity, const std::string& mine,
                     const std::string& given) {
    const absl::Status status = Open(identity).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(status.ToString(), HasSubstr("'/data/a'"));
    EXPECT_THAT(status.ToString(), HasSubstr(mine));
    EXPECT_THAT(status.ToString(), HasSubstr(given));
  }

  ManualClock clock_;
  std::unique_ptr<engine::Engine> engine_;
};

TEST_F(MemberIdentity, IsMadeOnceAndKept) {
  const NodeId id = Open(Mine())->id;
  EXPECT_TRUE(id);
  EXPECT_EQ(Open(Mine())->id, id);
}

TEST_F(MemberIdentity, OfAnotherGroupIsRefused) {
  ASSERT_TRUE(Open(Mine()).ok());
  Identity other = Mine();
  other.group = "h";
  ExpectRefusal(other, "group 'g'", "'h'");
}

TEST_F(MemberIdentity, OfAnotherNodeIsRefused) {
  ASSERT_TRUE(Open(Mine()).ok());
  Identity other = Mine();
  other.name = "b";
  ExpectRefusal(other, "node_id 'a'", "'b'");
}

TEST_F(MemberIdentity, OfAGroupAtOtherAddressesIsRefused) {
  RecordMembers();
  Identity moved = Mine();
  moved.members.members[1].address = "h:3";
  ExpectRefusal(moved, "b at h:2", "b at h:3");
}

TEST_F(MemberIdentity, OfAGroupWithOtherMembersIsRefused) {
  RecordMembers();
  Identity grown = Mine();
  grown.members.members.push_back({"c", "h:3", {}});
  ExpectRefusal(grown, "b at h:2;", "c at h:3");
}

TEST_F(MemberIdentity, TakesTheOptionsListUntilOneIsRecorded) {
  ASSERT_TRUE(Open(Mine()).ok());
  Identity moved = Mine();
  moved.members.members[1].address = "h:3";
  const auto state = Open(moved);
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(state->configurations.newest().members[1].address, "h:3");
}

TEST_F(MemberIdentity, OnceTheMembersWereChangedTheOptionsHaveNoSay) {
  RecordMembers();
  MemberState state = *Open(Mine());
  Configuration changed = state.configurations.newest();
  changed.version = 3;
  changed.members.pop_back();
  state.configurations = changed;
  ASSERT_TRUE(SaveMemberState(*engine_, state).ok());
  const auto again = Open(Mine());
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->configurations.newest(), changed);
}

// The process ends in the moment in which a configuration is appended.
TEST_F(MemberIdentity,
       AConfigurationThatWasBeingAppendedIsInForceIfTheLogHasIt) {
  RecordMembers();
  Configuration next = (*Open(Mine())).configurations.newest();
  next.version = 2;
  next.readers = {{"r", "h:9", NodeId{9}}};
  for (const bool appended : {false, true}) {
    MemberState state = *Open(Mine());
    state.appending = {engine_->last_index(), next};
    ASSERT_TRUE(SaveMemberState(*engine_, state).ok());
    if (appended) {
      engine_->OpenGate(
          {{engine::RecordType::kEpoch, "1"},
           {engine::RecordType::kConfiguration, EncodeConfiguration(next)}});
      engine_->CloseGate();
    }
    const auto again = Open(Mine());
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_FALSE(again->appending.has_value());
    EXPECT_EQ(again->configurations.newest().version, appended ? 2u : 1u);
    EXPECT_EQ(again->configurations.newest_index(),
              appended ? engine_->last_index() : 0u);
  }
}

TEST_F(MemberIdentity, IsNotFormedAfterTheMachineWentDown) {
  RecordMembers();
  EXPECT_TRUE(Open(Mine())->formed);  // only the process went down
  Identity rebooted = Mine();
  rebooted.boot = "second";
  EXPECT_FALSE(Open(rebooted)->formed);
}

TEST_F(MemberIdentity, IsFormedAfterACleanCloseWhateverTheMachineDid) {
  RecordMembers();
  ASSERT_TRUE(MarkClean(*engine_, *Open(Mine())).ok());
  Identity rebooted = Mine();
  rebooted.boot = "second";
  EXPECT_TRUE(Open(rebooted)->formed);
}

}  // namespace
}  // namespace vigil::replication
