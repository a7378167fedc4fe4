// What node.h says of batches, as an application sees it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/cluster/one_node.h"

namespace vigil::test {
namespace {

using absl::StatusCode;
using testing::HasSubstr;

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

class NodeBatch : public OneNode {};

TEST_F(NodeBatch, ABatchHappensAsOne) {
  ASSERT_TRUE(node().Set("n", "5", {.ttl = absl::Hours(1)}).ok());
  ASSERT_TRUE(node().Set("old", "v").ok());
  const uint64_t last = Last();
  const auto done = node().Write(Batch()
                                     .CheckExists("n")
                                     .CheckAbsent("x")
                                     .Increment("n", 2)
                                     .Increment("n", 3)
                                     .Append("x", "ab")
                                     .SetRange("x", 3, "d")
                                     .IncrementFloat("f", 1.5)
                                     .Rename("old", "new")
                                     .Delete("none")
                                     .Persist("n")
                                     .In(4)
                                     .Set("y", "4")
                                     .Expire("y", absl::UnixEpoch()),
                                 {.ack = Ack::kQuorum});
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(Last(), last + 1) << "one record";
  EXPECT_EQ(done->receipt.index, last + 1);
  EXPECT_EQ(done->receipt.reached, Ack::kQuorum);
  ASSERT_EQ(done->results.size(), 12u);
  EXPECT_EQ(done->results[2].integer, 7);
  EXPECT_EQ(done->results[3].integer, 10);
  EXPECT_EQ(done->results[4].size, 2u);
  EXPECT_EQ(done->results[5].size, 4u);
  EXPECT_EQ(done->results[6].real, 1.5);
  EXPECT_TRUE(done->results[7].applied);
  EXPECT_FALSE(done->results[8].applied);
  EXPECT_TRUE(done->results[9].applied);
  EXPECT_EQ(Read("n"), "10");
  EXPECT_EQ(Ttl("n"), absl::InfiniteDuration());
  EXPECT_EQ(Read("x"), std::string("ab\0d", 4));
  EXPECT_EQ(Read("old"), "(NOT_FOUND)");
  EXPECT_EQ(Read("new"), "v");
  EXPECT_EQ(Read("y", 4), "(NOT_FOUND)");
  EXPECT_EQ(node().Get("n")->version, node().Get("x")->version);

  const auto nothing = node().Write(Batch());
  EXPECT_TRUE(nothing.ok());
  EXPECT_TRUE(nothing->results.empty());
  EXPECT_EQ(nothing->receipt.index, last + 1);
  EXPECT_TRUE(node().Write(Batch().Delete("none")).ok());
  EXPECT_EQ(Last(), last + 1);
}

TEST_F(NodeBatch, ARejectedBatchChangesNothing) {
  ASSERT_TRUE(node().Set("k", "text").ok());
  const uint64_t version = node().Get("k")->version;
  ASSERT_TRUE(node().Set("max", absl::StrCat(kMax)).ok());
  const uint64_t last = Last();
  const auto begin = [] {
    return Batch().Set("a", "1").Delete("k").Append("max", "");
  };
  struct Case {
    const char* name;
    Batch batch;
    StatusCode code;
  };
  const Case cases[] = {
      {"version", begin().Check("max", 1), StatusCode::kAborted},
      {"a version of this batch", begin().Check("a", last + 1),
       StatusCode::kAborted},
      {"deleted before in it", begin().Check("k", version),
       StatusCode::kAborted},
      {"should be there", begin().CheckExists("none"), StatusCode::kAborted},
      {"should not", begin().CheckAbsent("max"), StatusCode::kAborted},
      {"condition of a set", begin().Set("max", "1", {.when = When::kIfAbsent}),
       StatusCode::kAborted},
      {"version of a set", begin().Set("max", "1", {.if_version = 0}),
       StatusCode::kAborted},
      {"overflow", begin().Increment("max"), StatusCode::kOutOfRange},
      {"no number", Batch().Set("a", "1").Increment("k"),
       StatusCode::kInvalidArgument},
      {"no key to rename", begin().Rename("none", "n"), StatusCode::kNotFound},
      {"a name that is taken", begin().Rename("a", "max", true),
       StatusCode::kAborted},
      {"no ttl", begin().Set("b", "1", {.ttl = absl::Seconds(-1)}),
       StatusCode::kInvalidArgument},
      {"too much",
       begin()
           .Set("b", std::string(16 << 20, 'v'))
           .Set("c", std::string(1 << 20, 'v')),
       StatusCode::kInvalidArgument},
  };
  for (const Case& c : cases) {
    const auto written = node().Write(c.batch);
    EXPECT_EQ(written.status().code(), c.code) << c.name << written.status();
    EXPECT_EQ(Last(), last) << c.name;
    EXPECT_EQ(Read("a"), "(NOT_FOUND)") << c.name;
    EXPECT_EQ(Read("k"), "text") << c.name;
  }
  EXPECT_THAT(node().Write(begin().CheckExists("none")).status().ToString(),
              HasSubstr("operation 3"));
}

TEST_F(NodeBatch, CompareAndSetLosesNoUpdate) {
  ASSERT_TRUE(node().Set("n", "0").ok());
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      for (int done = 0; done < 250;) {
        const auto seen = node().Get("n");
        const auto set =
            node().Set("n", absl::StrCat(std::stoi(seen->data) + 1),
                       {.if_version = seen->version});
        ASSERT_TRUE(set.ok());
        done += set->applied ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Read("n"), "1000");
}

}  // namespace
}  // namespace vigil::test
