// A master that wrote on alone and comes back: what it lost is handed back, all of it and
// nothing else, and the data are alike everywhere.
#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/cluster/live_group.h"

namespace vigil::test {
namespace {

// A write as it was made, or handed back.
std::string Describe(DroppedWrite::Kind kind, int database,
                     const std::string& key, const std::string& value,
                     uint64_t index) {
  return absl::StrCat(index, ": ", static_cast<int>(kind), " ", database, " ",
                      key, "=", value);
}

// What the nodes of a group hand back, each by its own name.
class HandedBack {
 public:
  LiveGroup::Change Listen() {
    return [this](Options& o) {
      o.on_dropped_writes = [this, name = o.node_id](const DroppedWrites& d) {
        const std::lock_guard lock(mu_);
        Told& told = told_[name];
        for (const DroppedWrite& w : d.writes) {
          told.writes.push_back(
              Describe(w.kind, w.database, w.key, w.value, w.position.index));
        }
        told.files.push_back(d.file);
        told.ended = told.ended || !d.more;
      };
    };
  }

  struct Told {
    std::vector<std::string> writes;
    std::vector<std::string> files;
    bool ended = false;
  };
  Told of(const std::string& node) {
    const std::lock_guard lock(mu_);
    return told_[node];
  }
  size_t nodes() {
    const std::lock_guard lock(mu_);
    return told_.size();
  }

 private:
  std::mutex mu_;
  std::map<std::string, Told> told_;
};

// The three nodes of `group`; a failover has taken place while its first master was away.
void ExpectAllAlike(LiveGroup& group, size_t reference) {
  const Node& master = *group.live(reference);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(Eventually([&] {
      return group.live(i)->status().last_index == master.status().last_index &&
             DataOf(*group.live(i)) == DataOf(master);
    })) << i;
  }
}

TEST(NodeDropped, AMasterThatWroteAloneHandsItBackAndRewinds) {
  HandedBack back;
  LiveGroup group(3, back.Listen());
  Node& master = group.master();
  const size_t old = group.master_index();
  for (int i = 0; i < 2000; ++i)
    ASSERT_TRUE(master.Set(absl::StrCat("k", i), "common").ok());
  const auto common = master.Set("last", "common", {.ack = Ack::kQuorum});
  ASSERT_TRUE(common.ok()) << common.status();
  std::vector<size_t> others;
  for (size_t i = 0; i < 3; ++i) {
    if (i != old) others.push_back(i);
  }
  for (Node* replica : group.replicas()) {
    ASSERT_TRUE(Eventually(
        [&] { return replica->status().last_index >= common->receipt.index; }));
  }
  for (const size_t i : others) group.Close(i);

  // Nobody hears these.
  std::vector<std::string> alone;
  using Kind = DroppedWrite::Kind;
  const auto add = [&](Kind kind, const std::string& key,
                       const std::string& value, uint64_t index,
                       int database = 0) {
    alone.push_back(Describe(kind, database, key, value, index));
  };
  for (int i = 0; i < 1500; ++i) {
    const std::string key = absl::StrCat(i % 2 == 0 ? "k" : "n", i);
    const std::string value = absl::StrCat("alone", i);
    const auto set = master.Set(key, value);
    ASSERT_TRUE(set.ok()) << set.status();
    add(Kind::kSet, key, value, set->receipt.index);
  }
  const auto gone = master.Delete("k1");
  ASSERT_TRUE(gone.ok()) << gone.status();
  add(Kind::kDeleted, "k1", "", gone->receipt.index);
  const auto batch = master.Write(
      Batch().Set("b1", "alone").In(3).Set("b2", "alone").In(0).Delete("k3"));
  ASSERT_TRUE(batch.ok()) << batch.status();
  add(Kind::kSet, "b1", "alone", batch->receipt.index);
  add(Kind::kSet, "b2", "alone", batch->receipt.index, 3);
  add(Kind::kDeleted, "k3", "", batch->receipt.index);
  group.Close(old);

  for (const size_t i : others) group.Open(i);
  size_t now = 3;
  ASSERT_TRUE(Eventually([&] {
    for (const size_t i : others) {
      if (group.live(i)->status().role.role == NodeRole::kMaster) now = i;
    }
    return now < 3;
  }));
  for (int i = 0; i < 500; ++i) {
    ASSERT_TRUE(group.live(now)->Set(absl::StrCat("k", 3 * i), "new").ok());
  }
  group.Open(old);
  const std::string name = group.live(old)->status().server.node_id;
  EXPECT_TRUE(Eventually([&] { return back.of(name).ended; }))
      << group.live(old).LogText();
  ExpectAllAlike(group, now);
  EXPECT_FALSE(group.live(old)->Exists("n1"));
  EXPECT_EQ(group.live(old)->Get("k3")->data, "new");

  const HandedBack::Told told = back.of(name);
  EXPECT_EQ(told.writes, alone);
  EXPECT_EQ(back.nodes(), 1u) << "nobody else lost anything";
  // The application is told on its own thread, before or after the status.
  EXPECT_TRUE(Eventually([&] {
    return group.live(old)->status().dropped_writes == alone.size();
  }));
  const NodeStatus status = group.live(old)->status();
  EXPECT_EQ(status.rewinds, 1u);
  EXPECT_EQ(status.full_syncs, 0u);
  ASSERT_FALSE(status.dropped_file.empty());
  EXPECT_EQ(told.files.front(), status.dropped_file);
  std::vector<std::string> in_file;
  const absl::Status read =
      ReadDroppedWrites(status.dropped_file, [&](const DroppedWrite& w) {
        EXPECT_EQ(w.position.epoch, common->receipt.epoch);
        EXPECT_EQ(w.reached, Ack::kDisk) << "it was closed cleanly";
        in_file.push_back(
            Describe(w.kind, w.database, w.key, w.value, w.position.index));
      });
  EXPECT_TRUE(read.ok()) << read;
  EXPECT_EQ(in_file, alone);

  // Not again.
  group.Close(old);
  group.Open(old);
  ExpectAllAlike(group, now);
  EXPECT_EQ(back.of(name).writes.size(), alone.size());
}

TEST(NodeDropped, AFileThatIsNoneIsRefused) {
  const auto none = [](const DroppedWrite&) { FAIL(); };
  EXPECT_TRUE(absl::IsNotFound(ReadDroppedWrites("/nowhere/at/all", none)));
  EXPECT_TRUE(absl::IsDataLoss(ReadDroppedWrites("/proc/self/status", none)));
}

}  // namespace
}  // namespace vigil::test
