// The accounts of a chaos run: what they forgive, and that they find everything else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/cluster/chaos/accounts.h"
#include "tests/cluster/chaos/deaths.h"

namespace vigil::chaos {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr int kA = 0;  // nodes
constexpr int kB = 1;

class ChaosAccounts : public testing::Test {
 protected:
  void Write(const std::string& key, uint64_t number, Promise promise,
             Outcome outcome, uint64_t epoch = 0, uint64_t index = 0) {
    accounts_.OnTried(key, number, promise);
    accounts_.OnAnswered(key, number, outcome, epoch, index);
  }
  void Acknowledge(const std::string& key, uint64_t number, Promise promise,
                   uint64_t epoch, uint64_t index) {
    Write(key, number, promise, Outcome::kAcknowledged, epoch, index);
  }
  void Have(const std::string& key, uint64_t number, uint64_t version) {
    data_.push_back({key, ValueOf(key, number), version});
  }
  void Drop(int node, const std::string& key, uint64_t number, uint64_t epoch,
            uint64_t index) {
    dropped_.push_back({node, key, ValueOf(key, number), epoch, index});
  }
  Balance Check() const { return accounts_.Check(data_, dropped_, deaths_); }
  void ExpectHolds() const {
    EXPECT_THAT(Check().violations, ElementsAre());
    EXPECT_TRUE(Check().holds());
  }
  void ExpectViolation(const std::string& what) const {
    EXPECT_THAT(Check().violations, testing::Contains(HasSubstr(what)));
    EXPECT_FALSE(Check().holds());
  }

  Accounts accounts_;
  Deaths deaths_;
  std::vector<Present> data_;
  std::vector<Dropped> dropped_;
};

TEST_F(ChaosAccounts, WhatIsThereHolds) {
  Acknowledge("q", 1, Promise::kQuorum, 1, 10);
  Acknowledge("m", 1, Promise::kMemory, 1, 11);
  Have("q", 1, 10);
  Have("m", 1, 11);
  ExpectHolds();
  EXPECT_EQ(Check().operations, 2u);
  EXPECT_EQ(Check().acknowledged, 2u);
}

TEST_F(ChaosAccounts, AQuorumWriteThatIsNotThereIsLost) {
  Acknowledge("q", 1, Promise::kQuorum, 1, 10);
  ExpectViolation("acknowledged by a quorum");
  EXPECT_EQ(Check().lost, 1u);
}

TEST_F(ChaosAccounts, AQuorumWriteThatIsOlderThanItWasIsLost) {
  Acknowledge("q", 1, Promise::kQuorum, 1, 10);
  Acknowledge("q", 2, Promise::kQuorum, 1, 11);
  Have("q", 1, 10);
  EXPECT_EQ(Check().lost, 1u);
  EXPECT_FALSE(Check().holds());
}

TEST_F(ChaosAccounts, ALaterWriteStandsForTheOnesBefore) {
  Acknowledge("q", 1, Promise::kQuorum, 1, 10);
  Write("q", 2, Promise::kQuorum, Outcome::kUnknown);
  Have("q", 2, 11);
  ExpectHolds();
}

TEST_F(ChaosAccounts, AQuorumWriteInAFileIsWrongEvenIfItWasOverwritten) {
  Acknowledge("q", 1, Promise::kQuorum, 1, 10);
  Acknowledge("q", 2, Promise::kQuorum, 2, 10);
  Have("q", 2, 10);
  Drop(kA, "q", 1, 1, 10);
  ExpectViolation("it was acknowledged by a quorum");
}

TEST_F(ChaosAccounts, AMemoryWriteIsThereOrReported) {
  Acknowledge("m", 1, Promise::kMemory, 1, 10);
  ExpectViolation("nobody said so");
  EXPECT_EQ(Check().measured, 1u);
  EXPECT_EQ(Check().reported, 0u);
  Drop(kA, "m", 1, 1, 10);
  ExpectHolds();
  EXPECT_EQ(Check().measured, 1u);
  EXPECT_EQ(Check().reported, 1u);
}

TEST_F(ChaosAccounts, SeveralNodesMayHaveDroppedIt) {
  Acknowledge("m", 1, Promise::kMemory, 1, 10);
  Drop(kA, "m", 1, 1, 10);
  Drop(kB, "m", 1, 1, 10);
  ExpectHolds();
  EXPECT_EQ(Check().reported, 1u);
}

TEST_F(ChaosAccounts, ButNoneOfThemTwice) {
  Acknowledge("m", 1, Promise::kMemory, 1, 10);
  Drop(kA, "m", 1, 1, 10);
  Drop(kA, "m", 1, 1, 10);
  ExpectViolation("twice");
}

TEST_F(ChaosAccounts, WhatIsThereWasNotDropped) {
  Acknowledge("m", 1, Promise::kMemory, 1, 10);
  Have("m", 1, 10);
  Drop(kA, "m", 1, 1, 10);
  ExpectViolation("is in the data and was reported");
  EXPECT_EQ(Check().reported, 1u);
  EXPECT_EQ(Check().measured, 0u);
}

TEST_F(ChaosAccounts, TheFileSaysWhatWasWritten) {
  Acknowledge("m", 1, Promise::kMemory, 1, 10);
  dropped_.push_back({kA, "m", "something", 1, 10});
  ExpectViolation("nobody wrote something");
}

TEST_F(ChaosAccounts, AndWhere) {
  Acknowledge("m", 1, Promise::kMemory, 1, 10);
  Drop(kA, "m", 1, 1, 11);
  ExpectViolation("its receipt says (1, 10)");
}

TEST_F(ChaosAccounts, ACopyOfAnOlderEpochMayBeDropped) {
  Acknowledge("m", 1, Promise::kMemory, 2, 10);
  Have("m", 1, 10);
  Drop(kA, "m", 1, 1, 10);
  ExpectHolds();
  EXPECT_EQ(Check().reported_unknown, 1u);
}

TEST_F(ChaosAccounts, ARefusedWriteIsNowhere) {
  Write("m", 1, Promise::kMemory, Outcome::kRefused);
  ExpectHolds();
  Have("m", 1, 10);
  ExpectViolation("has the refused write");
  data_.clear();
  Drop(kA, "m", 1, 1, 10);
  ExpectViolation("was refused");
}

TEST_F(ChaosAccounts, AnUnknownOneMayBeAnywhere) {
  Write("m", 1, Promise::kMemory, Outcome::kUnknown);
  ExpectHolds();
  Drop(kA, "m", 1, 1, 10);
  ExpectHolds();
  dropped_.clear();
  Have("m", 1, 10);
  ExpectHolds();
}

TEST_F(ChaosAccounts, NobodyElseWrites) {
  Have("x", 1, 10);
  ExpectViolation("nobody wrote it");
}

TEST_F(ChaosAccounts, TheVersionIsThatOfTheReceipt) {
  Acknowledge("q", 1, Promise::kQuorum, 1, 10);
  Have("q", 1, 12);
  ExpectViolation("has version 12");
}

TEST_F(ChaosAccounts, ACounterHasWhatWasAcknowledgedAndAtMostTheUnknown) {
  Acknowledge("c", 1, Promise::kCount, 1, 10);
  Acknowledge("c", 2, Promise::kCount, 1, 11);
  Write("c", 3, Promise::kCount, Outcome::kUnknown);
  Write("c", 4, Promise::kCount, Outcome::kRefused);
  for (const auto& [sum, holds] :
       {std::pair("1", false), {"2", true}, {"3", true}, {"4", false}}) {
    data_ = {{"c", sum, 12}};
    EXPECT_EQ(Check().holds(), holds) << sum;
  }
}

// ---- what goes with a process -----------------------------------------------

class ChaosDeaths : public ChaosAccounts {
 protected:
  ChaosDeaths() {
    Acknowledge("m", 1, Promise::kMemory, 3, 50);
    deaths_.OnMaster({kA, 0}, 3, 40);
  }
};

TEST_F(ChaosDeaths, AKilledMasterTakesWhatItsDiskDoesNotHave) {
  deaths_.OnDeath({kA, 0});
  deaths_.OnLoaded({kA, 1}, 49);
  ExpectHolds();
  EXPECT_EQ(Check().gone_with_process, 1u);
  EXPECT_EQ(Check().measured, 0u);
}

TEST_F(ChaosDeaths, ButNotWhatItHas) {
  deaths_.OnDeath({kA, 0});
  deaths_.OnLoaded({kA, 1}, 50);
  ExpectViolation("nobody said so");
}

TEST_F(ChaosDeaths, NotWhatItHadHandedOver) {
  deaths_.OnMaster({kA, 0}, 3, 50);
  deaths_.OnMaster({kA, 0}, 3, 50);  // and it is still master
  deaths_.OnDeath({kA, 0});
  deaths_.OnLoaded({kA, 1}, 49);
  ExpectViolation("nobody said so");
}

TEST_F(ChaosDeaths, NotWhatWasSynced) {
  Acknowledge("d", 1, Promise::kDisk, 3, 50);
  deaths_.OnDeath({kA, 0});
  deaths_.OnLoaded({kA, 1}, 49);
  ExpectViolation("d: 1 (3, 50) is not there");
}

TEST_F(ChaosDeaths, NotIfAnotherNodeDied) {
  deaths_.OnDeath({kB, 0});
  deaths_.OnLoaded({kB, 1}, 10);
  ExpectViolation("nobody said so");
}

TEST_F(ChaosDeaths, NotIfItWasALaterProcess) {
  deaths_.OnDeath({kA, 1});
  deaths_.OnLoaded({kA, 1}, 60);
  deaths_.OnLoaded({kA, 2}, 10);
  ExpectViolation("nobody said so");
}

TEST_F(ChaosDeaths, NotIfNobodyDied) { ExpectViolation("nobody said so"); }

TEST_F(ChaosDeaths, OneWhoDiedBeforeItSpokeIsKnownFromTheOthers) {
  Acknowledge("m", 2, Promise::kMemory, 4, 70);
  deaths_.OnNamed(kB, 4);
  deaths_.OnDeath({kB, 0});
  deaths_.OnLoaded({kB, 1}, 60);
  Drop(kA, "m", 1, 3, 50);
  ExpectHolds();
}

}  // namespace
}  // namespace vigil::chaos
