// What waits for the replicator's thread while that hangs on its disk is bounded.
#include "replication/inbox.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <variant>

#include "gtest/gtest.h"

namespace vigil::replication {
namespace {

TEST(Inbox, EventsComeOutInOrderWhateverTheyAre) {
  Signal bell;
  Inbox inbox(1024, bell);
  inbox.Put(LinkClosed{1, "why"});
  EXPECT_TRUE(inbox.Ask(ReadAsked{7, MonoTime{}}));
  inbox.PutData(MessageReceived{.link = 2, .message = Ack{}}, 0);
  EXPECT_EQ(bell.Seen(), 3u);
  EXPECT_TRUE(std::holds_alternative<LinkClosed>(*inbox.Take()));
  EXPECT_TRUE(std::holds_alternative<ReadAsked>(*inbox.Take()));
  EXPECT_TRUE(std::holds_alternative<MessageReceived>(*inbox.Take()));
  EXPECT_FALSE(inbox.Take().has_value());
}

TEST(Inbox, AQuestionTooManyIsRefusedUntilOneIsTaken) {
  Signal bell;
  Inbox inbox(1024, bell);
  for (size_t i = 0; i < Inbox::kEventsMax; ++i)
    ASSERT_TRUE(inbox.Ask(ReadAsked{i, MonoTime{}})) << i;
  EXPECT_FALSE(inbox.Ask(ReadAsked{0, MonoTime{}}));
  // There are not many links, and each ends once.
  inbox.Put(LinkClosed{1, "why"});
  inbox.Take();
  EXPECT_FALSE(inbox.Ask(ReadAsked{0, MonoTime{}}));
  inbox.Take();
  EXPECT_TRUE(inbox.Ask(ReadAsked{0, MonoTime{}}));
}

TEST(Inbox, MessagesWithoutDataTakeMemoryToo) {
  Signal bell;
  Inbox inbox(1024, bell);
  std::atomic<size_t> in{0};
  std::thread replica([&] {
    for (int i = 0; i < 1000; ++i) {
      inbox.PutData(MessageReceived{.link = 1, .message = Ack{}}, 0);
      ++in;
    }
  });
  size_t most = 0;
  for (size_t taken = 0; taken < 1000;) {
    if (!inbox.Take()) continue;
    // One may have been counted out here already and not yet there.
    most = std::max(most, in.load() - std::min(in.load(), ++taken));
  }
  replica.join();
  EXPECT_LE(most, 1024 / sizeof(Event) + 2);
}

TEST(Inbox, ClosedItTakesNothingAndHoldsNobody) {
  Signal bell;
  Inbox inbox(0, bell);
  inbox.PutData(MessageReceived{.link = 1, .message = Ack{}}, 1);
  std::thread waits(
      [&] { inbox.PutData(MessageReceived{.link = 1, .message = Ack{}}, 1); });
  inbox.Close();
  waits.join();
  EXPECT_FALSE(inbox.Take().has_value());
}

}  // namespace
}  // namespace vigil::replication
