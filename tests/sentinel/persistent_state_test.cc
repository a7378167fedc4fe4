#include "sentinel/persistent_state.h"

#include "gtest/gtest.h"

namespace vigil::sentinel {
namespace {

constexpr PersistentState kState{
    .owner = {0xa1}, .epoch = 9, .vote = {.number = 7, .candidate = {0xb2}}};

TEST(PersistentState, ComesBackAsItWas) {
  const auto back = DecodePersistentState(Encode(kState));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, kState);
  EXPECT_EQ(*DecodePersistentState(Encode({})), PersistentState{});
}

TEST(PersistentState, CanBeReadByAPerson) {
  const std::string text = Encode(kState);
  EXPECT_EQ(text.substr(0, text.find("sum ")),
            "vigil-sentinel 1\n"
            "owner 00000000000000a1\n"
            "epoch 9\n"
            "vote 7 00000000000000b2\n");
}

TEST(PersistentState, EveryDamageIsNoticed) {
  const std::string good = Encode(kState);
  for (size_t i = 0; i < good.size(); ++i) {
    std::string flipped = good;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    EXPECT_TRUE(absl::IsDataLoss(DecodePersistentState(flipped).status()))
        << "byte " << i;
    EXPECT_TRUE(
        absl::IsDataLoss(DecodePersistentState(good.substr(0, i)).status()))
        << "cut at " << i;
  }
  EXPECT_TRUE(absl::IsDataLoss(DecodePersistentState(good + "x").status()));
}

}  // namespace
}  // namespace vigil::sentinel
