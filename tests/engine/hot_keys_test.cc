#include "engine/hot_keys.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "engine/base/random.h"

namespace vigil::engine {
namespace {

TEST(HotKeys, FindsTheHotOnesAndTheirShare) {
  HotKeys hot;
  Random random(5);
  for (int i = 0; i < 30'000; ++i) {
    const uint64_t draw = random.Uniform(100);
    if (draw < 20) {
      hot.Sample(0, "hottest");
    } else if (draw < 30) {
      hot.Sample(3, "hot");
    } else {
      hot.Sample(0, "cold" + std::to_string(random.Uniform(1'000'000)));
    }
  }
  const std::vector<HotKeys::HotKey> top = hot.Top(2);
  ASSERT_EQ(top.size(), 2u);
  EXPECT_EQ(top[0].key, "hottest");
  EXPECT_NEAR(top[0].share, 0.2, 0.03);
  EXPECT_GE(top[0].share_max, top[0].share);
  EXPECT_EQ(top[1].key, "hot");
  EXPECT_EQ(top[1].database, 3);
  EXPECT_NEAR(top[1].share, 0.1, 0.03);
}

TEST(HotKeys, UniformLoadHasNone) {
  HotKeys hot;
  Random random(6);
  for (int i = 0; i < 100'000; ++i) {
    hot.Sample(0, "key" + std::to_string(random.Uniform(1'000'000)));
  }
  EXPECT_TRUE(hot.Top(10).empty());
}

TEST(HotKeys, WhatWasHotIsForgotten) {
  HotKeys hot;
  for (uint64_t i = 0; i < HotKeys::kHalfLife; ++i) hot.Sample(0, "past");
  for (uint64_t i = 0; i < 3 * HotKeys::kHalfLife; ++i)
    hot.Sample(0, "present");
  const std::vector<HotKeys::HotKey> top = hot.Top(2);
  EXPECT_EQ(top[0].key, "present");
  EXPECT_LT(top[1].share, 0.1);
  hot.Reset();
  EXPECT_TRUE(hot.Top(1).empty());
}

TEST(HotKeys, SamplesComeFromManyThreads) {
  HotKeys hot;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&hot] {
      for (int i = 0; i < 2000; ++i) {
        hot.Sample(0, "hot");
        if (i % 500 == 0) hot.Top(3);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(hot.Top(1)[0].share, 1.0);
}

}  // namespace
}  // namespace vigil::engine
