// Walks over a data set: where they begin, go on, and what they share. And the other end,
// which puts a walk and the log together.
#include "engine/state_walk.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "engine/page_pool.h"
#include "engine/staging.h"
#include "tests/engine/engine_fixture.h"

namespace vigil::engine {
namespace {

constexpr size_t kPiece = 1000;

class StateWalkTest : public EngineTest {
 protected:
  void Fill(int keys) {
    OpenInMemory();
    engine_->OpenGate({});
    for (int i = 0; i < keys; ++i)
      Set("k" + std::to_string(i), std::string(40, 'v'));
  }
  // All sorts of changes to some of them.
  void Change(int keys) {
    for (int i = 0; i < keys; i += 3) Set("k" + std::to_string(i), "changed");
    for (int i = 1; i < keys; i += 7)
      ASSERT_TRUE(engine_->Delete("k" + std::to_string(i), kForever).ok());
    Set("new" + std::to_string(engine_->last_index()), "v");
  }

  static void Take(StateWalk& walk, Content& content) {
    Replay(walk.Next(kPiece), content);
  }
  static void TakeAll(StateWalk& walk, Content& content) {
    while (!walk.done()) Take(walk, content);
  }
  // Applies the log after `index` and compares.
  void ExpectExact(Content content, uint64_t index) {
    while (index < engine_->last_index()) {
      const auto slice = engine_->ReadLog(index + 1, 1 << 20);
      ASSERT_TRUE(slice.ok());
      Replay(slice->records, content);
      index = slice->last;
    }
    EXPECT_EQ(content, ContentOf(*engine_));
  }
};

TEST_F(StateWalkTest, GoesOnWhereAnotherStopped) {
  Fill(10'000);
  Content content;
  auto walk = engine_->Walk();
  const uint64_t begin_index = walk->begin_index();
  int walks = 0;
  for (; !walk->done(); ++walks) {
    Take(*walk, content);
    const WalkResume resume{walk->begin(), walk->at()};
    if (walk->done()) break;
    walk.reset();
    Change(10'000);
    walk = engine_->Walk(resume);
  }
  EXPECT_GT(walks, 15);
  EXPECT_EQ(walk->at(), walk->begin()) << "once round";
  ExpectExact(std::move(content), begin_index);
}

TEST_F(StateWalkTest, ASecondOneBeginsWhereTheFirstIsAndSharesTheRest) {
  Fill(20'000);
  Content first;
  Content second;
  const auto a = engine_->Walk();
  for (int i = 0; i < 10; ++i) Take(*a, first);
  Change(20'000);
  const auto b = engine_->Walk();
  EXPECT_EQ(b->begin(), a->at());
  while (!a->done() || !b->done()) {
    if (!a->done()) Take(*a, first);
    if (!b->done()) Take(*b, second);
  }
  EXPECT_GT(engine_->shared_walk_pieces(), 20u);
  EXPECT_EQ(b->at(), b->begin());
  Change(20'000);
  ExpectExact(std::move(first), a->begin_index());
  ExpectExact(std::move(second), b->begin_index());
}

TEST_F(StateWalkTest, WhoFallsBehindEncodesForItself) {
  Fill(3000);
  Content content;
  const auto slow = engine_->Walk();
  Content fast;
  TakeAll(*engine_->Walk(), fast);
  TakeAll(*slow, content);
  EXPECT_EQ(content, fast);
}

// What was read before a walk began may lack what the log will not bring it any more.
TEST_F(StateWalkTest, AnOlderPieceIsNotShared) {
  Fill(100);
  const auto a = engine_->Walk();
  const auto b = engine_->Walk();
  Content old;
  TakeAll(*a, old);
  Change(100);
  const auto c = engine_->Walk(WalkResume{});
  Content content;
  TakeAll(*c, content);
  EXPECT_EQ(content, ContentOf(*engine_));
}

TEST_F(StateWalkTest, APlaceThatIsNoneIsTheBeginning) {
  Fill(100);
  const WalkPoint no_shard{.shard = 4};
  const WalkPoint no_position{.position = UINT64_MAX};
  // A place, but between two segments' beginnings.
  const WalkPoint between{.shard = 3, .position = (uint64_t{1} << 48) - 1};
  const WalkResume bad[] = {{no_shard, {}},    {{}, no_shard},
                            {no_position, {}}, {{}, no_position},
                            {between, {}},     {between, between}};
  for (const WalkResume& resume : bad) {
    Content content;
    TakeAll(*engine_->Walk(resume), content);
    EXPECT_EQ(content, ContentOf(*engine_));
  }
}

TEST_F(StateWalkTest, OfOneShardAndOneSegment) {
  options_.shards = 1;
  Fill(3);
  Content content;
  TakeAll(*engine_->Walk(), content);
  EXPECT_EQ(content, ContentOf(*engine_));
  OpenInMemory();
  const auto walk = engine_->Walk();
  EXPECT_EQ(walk->Next(kPiece), "");
  EXPECT_TRUE(walk->done()) << "nothing is there";
}

// However fast they are overwritten, none is kept for the walk.
TEST_F(StateWalkTest, LargeValuesAreThoseOfTheMomentOfTheirOwnPiece) {
  options_.shards = 1;
  OpenInMemory();
  engine_->OpenGate({});
  for (int i = 0; i < 8; ++i)
    Set("k" + std::to_string(i), std::string(10'000, 'a'));
  Content content;
  const auto walk = engine_->Walk();
  Take(*walk, content);  // visits all of them
  EXPECT_EQ(walk->at(), walk->begin());
  for (int i = 0; i < 4; ++i)
    Set("k" + std::to_string(i), std::string(10'000, 'b'));
  Set("k4", "short");
  ASSERT_TRUE(engine_->Delete("k5", kForever).ok());
  const uint64_t last = engine_->last_index();
  Content rest;
  TakeAll(*walk, rest);
  EXPECT_GE(walk->floor(), last);
  for (const auto& [key, value] : rest)
    EXPECT_EQ(value, ContentOf(*engine_)[key]);
  content.merge(rest);
  ExpectExact(std::move(content), walk->begin_index());
}

TEST(Staging, ForgetsWhatWasDeletedWhenTheWalkIsPastIt) {
  PagePool pool;
  Staging staging(nullptr, Keyspaces({}, 4, pool), 0, 1 << 20);
  for (uint64_t i = 1; i <= 100; ++i) {
    ASSERT_TRUE(
        staging.AddLog(DeleteRecord(i, "k" + std::to_string(i % 10))).ok());
  }
  ASSERT_TRUE(staging.AddEntries(SetRecord(99, "k0", "old"), 95).ok());
  EXPECT_EQ(staging.deleted_keys(), 5u);
  ASSERT_TRUE(staging.AddEntries(SetRecord(98, "k9", "old"), 99).ok());
  EXPECT_EQ(staging.deleted_keys(), 1u);
  Keyspaces keyspaces = staging.TakeKeyspaces();
  size_t keys = 0;
  for (size_t i = 0; i < keyspaces.size(); ++i) keys += keyspaces[i].cells();
  EXPECT_EQ(keys, 0u) << "none comes back";
}

}  // namespace
}  // namespace vigil::engine
