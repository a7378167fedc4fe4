#include "replication/handshake.h"

#include <functional>

#include "gtest/gtest.h"
#include "tests/replication/core_test_values.h"

namespace vigil::replication {
namespace {

// "a" is master of epoch 3 from index 20 on; "b" has its log up to 25.
MemberState Master() { return Formed("a", H({{1, 1}, {3, 20}}), E(3)); }

HandshakeFacts FactsOf(const MemberState& state) {
  return {.state = state,
          .is_master = true,
          .epoch = E(3),
          .last_index = 30,
          .log_holds_from = 1};
}

Hello HelloOfB() {
  return {.group = "g",
          .name = "b",
          .id = IdOf("b"),
          .lineage = kLineage,
          .epoch = E(3),
          .position = {E(3), 25},
          .history = H({{1, 1}, {3, 20}}),
          .nonce = 77,
          .formed = true};
}

TEST(Handshake, RefusesWhoeverMayNotFollow) {
  struct Case {
    const char* why;  // a part of the refusal
    std::function<void(Hello&, HandshakeFacts&)> change;
  };
  const Case cases[] = {
      {"protocol 2", [](Hello& h, auto&) { h.protocol = 2; }},
      {"group 'other'", [](Hello& h, auto&) { h.group = "other"; }},
      {"option 'databases' is 32 there and 16 here",
       [](Hello& h, HandshakeFacts& f) {
         h.options = {{"databases", "32"}, {"of a later version", "1"}};
         f.options = {{"databases", "16"}, {"of an earlier one", "1"}};
       }},
      {"cannot follow itself", [](Hello& h, auto&) { h.id = IdOf("a"); }},
      {"not master", [](auto&, HandshakeFacts& f) { f.is_master = false; }},
      {"not master of epoch 2", [](Hello& h, auto&) { h.epoch = E(2); }},
      {"not master of epoch 3",
       [](Hello& h, auto&) { h.epoch = E(3, NodeId{1}); }},
      {"another lineage", [](Hello& h, auto&) { h.lineage = Lineage{5}; }},
  };
  for (const Case& c : cases) {
    const MemberState state = Master();
    Hello hello = HelloOfB();
    HandshakeFacts facts = FactsOf(state);
    c.change(hello, facts);
    const auto answer = DecideHandshake(hello, facts);
    const Refused* refused = std::get_if<Refused>(&answer);
    ASSERT_NE(refused, nullptr) << c.why;
    EXPECT_NE(refused->why.find(c.why), std::string::npos) << refused->why;
    EXPECT_EQ(refused->promise, hello.group == "g" ? E(3) : Epoch{}) << c.why;
  }
}

// It counts for nothing until a configuration names it.
TEST(Handshake, WhomTheConfigurationDoesNotNameMayFollow) {
  const MemberState state = Master();
  Hello stranger = HelloOfB();
  stranger.name = "z";
  stranger.id = NodeId{99};
  Hello wiped = HelloOfB();
  wiped.id = NodeId{99};
  wiped.lineage = {};
  wiped.history = {};
  wiped.position = {};
  for (const Hello& hello : {stranger, wiped}) {
    const auto answer = DecideHandshake(hello, FactsOf(state));
    EXPECT_TRUE(std::holds_alternative<Welcome>(answer)) << hello.name;
  }
}

// Found by review: a replica sent to another group's node by mistake took that
// group's promise for its own group's, and refused its own leaders from then on.
TEST(Handshake, AnotherGroupIsNotToldThePromise) {
  const MemberState state = Master();
  Hello hello = HelloOfB();
  hello.group = "other";
  EXPECT_EQ(std::get<Refused>(DecideHandshake(hello, FactsOf(state))).promise,
            Epoch{});
}

TEST(Handshake, ContinuesAPrefixRewindsATailAndSyncsTheRestInFull) {
  enum Answer { kContinue, kRewind, kFull };
  struct Case {
    const char* why;
    Lineage lineage;
    History history;
    uint64_t last;
    uint64_t held_from;
    Answer answer;
    uint64_t from;
    bool no_rewind = false;
  };
  const Case cases[] = {
      {"level", kLineage, H({{1, 1}, {3, 20}}), 30, 1, kContinue, 30},
      {"level, and nothing else is held", kLineage, H({{1, 1}, {3, 20}}), 30,
       31, kContinue, 30},
      {"behind", kLineage, H({{1, 1}, {3, 20}}), 25, 26, kContinue, 25},
      {"missed the epoch", kLineage, H({{1, 1}}), 19, 1, kContinue, 19},
      {"welcomed to an epoch that left nothing", kLineage, H({{1, 1}, {2, 20}}),
       19, 1, kContinue, 19},
      {"new", Lineage{}, {}, 0, 1, kContinue, 0},
      {"new, but the log's start is gone", Lineage{}, {}, 0, 2, kFull, 0},
      {"away for too long", kLineage, H({{1, 1}}), 5, 7, kFull, 5},
      {"the tail of an old master", kLineage, H({{1, 1}}), 22, 20, kRewind, 19},
      {"the tail of a lost epoch", kLineage, H({{1, 1}, {2, 15}}), 18, 1,
       kRewind, 14},
      {"a tail, away for too long", kLineage, H({{1, 1}, {2, 15}}), 18, 16,
       kFull, 14},
      {"a tail that cannot be rewound", kLineage, H({{1, 1}, {2, 15}}), 18, 1,
       kFull, 14, true},
      {"no tail, whatever it can", kLineage, H({{1, 1}}), 19, 1, kContinue, 19,
       true},
      {"nothing in common", kLineage, H({{2, 1}}), 18, 1, kFull, 0},
      {"ahead of the master in its own epoch", kLineage, H({{1, 1}, {3, 20}}),
       31, 1, kRewind, 30},
      {"records without a history", kLineage, {}, 7, 1, kFull, 0},
  };
  for (const Case& c : cases) {
    const MemberState state = Master();
    Hello hello = HelloOfB();
    hello.lineage = c.lineage;
    hello.history = c.history;
    hello.position = c.history.PositionAt(c.last);
    hello.no_rewind = c.no_rewind;
    HandshakeFacts facts = FactsOf(state);
    facts.log_holds_from = c.held_from;
    const auto answer = DecideHandshake(hello, facts);
    const Welcome* welcome = std::get_if<Welcome>(&answer);
    ASSERT_NE(welcome, nullptr) << c.why;
    EXPECT_EQ(welcome->full, c.answer == kFull) << c.why;
    EXPECT_EQ(welcome->rewind, c.answer == kRewind) << c.why;
    EXPECT_EQ(welcome->from, c.from) << c.why;
    EXPECT_EQ(welcome->target, 30u);
    EXPECT_EQ(welcome->nonce, 77u);
    EXPECT_EQ(welcome->epoch, E(3));
    EXPECT_EQ(welcome->lineage, kLineage);
    EXPECT_EQ(welcome->history, state.history);
    EXPECT_EQ(welcome->configurations, state.configurations);
  }
}

}  // namespace
}  // namespace vigil::replication
