// What subscribers are told while masters fail and logs are replaced.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "tests/replication/engine_group.h"
#include "tests/vigil/told.h"
#include "vigil/change_stream.h"

namespace vigil {
namespace {

using replication::EngineGroup;
using replication::FenceReply;
using replication::GroupOptions;

constexpr Epoch kFirst{1, NodeId{9}};
constexpr Epoch kSecond{2, NodeId{9}};

// A node's change stream, wired as a node wires it.
class NodeStream {
 public:
  explicit NodeStream(EngineGroup::Node& node)
      : node_(node),
        stream_(
            *node.engine, [&node] { return node.replicator->log_facts(); },
            executor_, /*databases=*/16) {
    node.on_log = [this] { stream_.Wake(); };
  }
  ~NodeStream() {
    node_.replicator->Stop();
    stream_.Stop();
    executor_.Stop();
  }

  Subscription Watch(const WatchOptions& options, Told& told) {
    return *stream_.Watch(options, std::ref(told));
  }

 private:
  EngineGroup::Node& node_;
  Executor executor_;
  ChangeStream stream_;
};

void Separate(EngineGroup& group, bool apart) {
  for (const char* replica : {"b:1", "c:1"}) {
    group.network().Refuse("a:1", replica, apart);
    if (apart) group.network().Cut("a:1", replica);
  }
}

// Makes the better of b and c the master, and the other one its replica.
EngineGroup::Node& FailOver(EngineGroup& group) {
  const FenceReply b = group.Fence(group[1], kSecond);
  const FenceReply c = group.Fence(group[2], kSecond);
  const bool c_is_better = c.view.position > b.view.position;
  EngineGroup::Node& master = group[c_is_better ? 2 : 1];
  EXPECT_TRUE(group.Promote(master, kSecond, c_is_better ? c : b));
  group.Follow(group[c_is_better ? 1 : 2], master, kSecond);
  return master;
}

TEST(ChangeStreamGroup, CommittedChangesAreToldOnceOnEveryNodeAcrossAFailover) {
  EngineGroup group;
  NodeStream b(group[1]);
  NodeStream c(group[2]);
  group.Bootstrap();
  Told told_b;
  Told told_c;
  const Subscription on_b = b.Watch({.prefix = "k"}, told_b);
  const Subscription on_c = c.Watch({.prefix = "k"}, told_c);
  for (int i = 0; i < 100; ++i) group[0].Set("k" + std::to_string(i), "old");
  EXPECT_EQ(told_b.Lines(100).size(), 100u);

  Separate(group, true);
  EngineGroup::Node& master = FailOver(group);
  for (int i = 0; i < 100; ++i) master.Set("k" + std::to_string(i), "new");
  const Lines lines = told_b.Lines(200);
  EXPECT_EQ(lines, told_c.Lines(200));
  ASSERT_EQ(lines.size(), 200u);
  for (size_t i = 0; i < 200; ++i) {
    EXPECT_TRUE(absl::EndsWith(
        lines[i], absl::StrCat(" set k", i % 100, i < 100 ? "=old" : "=new")))
        << lines[i];
  }
}

TEST(ChangeStreamGroup, APositionOfOneNodeIsGoodOnAnother) {
  EngineGroup group;
  NodeStream b(group[1]);
  NodeStream c(group[2]);
  group.Bootstrap();
  Told told_b;
  {
    const Subscription on_b =
        b.Watch({.prefix = "k", .after = LogPosition{}}, told_b);
    group[0].Set("k1", "v");
    told_b.Lines(1);
  }
  Separate(group, true);
  FailOver(group).Set("k2", "v");
  Told told_c;
  const Subscription on_c =
      c.Watch({.prefix = "k", .after = told_b.position()}, told_c);
  const Lines lines = told_c.Lines(1);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_TRUE(absl::EndsWith(lines[0], " set k2=v")) << lines[0];
}

TEST(ChangeStreamGroup, WhatAFailoverTakesBackIsToldByAGap) {
  EngineGroup group;
  NodeStream a(group[0]);
  group.Bootstrap();
  Told hasty;
  Told patient;
  const Subscription at_once =
      a.Watch({.prefix = "k", .uncommitted = true}, hasty);
  const Subscription committed = a.Watch({.prefix = "k"}, patient);
  const uint64_t kept = group[0].Set("kept", "v");
  patient.Lines(1);
  Separate(group, true);
  for (int i = 0; i < 5; ++i) group[0].Set("klost", std::to_string(i));
  EXPECT_EQ(hasty.Lines(6).size(), 6u);

  EngineGroup::Node& master = FailOver(group);
  Separate(group, false);
  master.Set("knew", "v");
  group.Follow(group[0], master, kSecond);
  ASSERT_TRUE(group.AreLevel(group[0], master));
  EXPECT_TRUE(
      absl::StartsWith(hasty.Lines(7)[6], absl::StrCat("gap ", kept + 1, "-")))
      << hasty.Lines(7)[6];
  const uint64_t last = master.Set("klast", "v");
  const std::string last_line = absl::StrCat(last, " set klast=v");
  hasty.AwaitPosition(last);
  patient.AwaitPosition(last);
  EXPECT_EQ(hasty.Lines(0).back(), last_line);
  EXPECT_EQ(patient.Lines(0).back(), last_line);
  for (const std::string& line : patient.Lines(0)) {
    EXPECT_FALSE(absl::StrContains(line, "klost")) << line;
  }
}

TEST(ChangeStreamGroup, WhoWasAwayTooLongIsToldTheGapAfterTheFullSync) {
  GroupOptions options;
  options.engine.log_memory_bytes = 64 << 10;
  options.engine.log_disk_bytes = 0;
  options.engine.checkpoint_period = absl::Milliseconds(5);
  options.replication.message_bytes = 2 << 10;
  EngineGroup group(options);
  group.Bootstrap();
  group.Close(group[2]);
  for (int i = 0; i < 3000; ++i) {
    group[0].Set("k" + std::to_string(i), std::string(100, 'v'));
  }
  ASSERT_TRUE(group[0].engine->Checkpoint().ok());
  ASSERT_FALSE(group[0].engine->ReadLog(100, 1).ok()) << "no longer held";
  group.Open(group[2]);
  NodeStream c(group[2]);
  Told told;
  const Subscription watch = c.Watch({.prefix = "k", .values = false}, told);
  group.Follow(group[2], group[0], kFirst);
  ASSERT_TRUE(group.AreLevel(group[0], group[2]));
  EXPECT_TRUE(absl::StartsWith(told.Lines(1)[0], "gap "));
  const uint64_t last = group[0].Set("klast", "v");
  told.AwaitPosition(last);
  EXPECT_EQ(told.Lines(0).back(), absl::StrCat(last, " set klast="));
}

}  // namespace
}  // namespace vigil
