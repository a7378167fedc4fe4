// What waits for the replicator's thread while that hangs on its disk is bounded.
#include "replication/inbox.h"

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
  EXPECT_EQ(bell.Seen(), 2u);
  inbox.PutData(MessageReceived{.link = 2, .message = Ack{}}, 0);
  // Who brings data takes it, too.
  EXPECT_EQ(bell.Seen(), 2u);
  EXPECT_EQ(inbox.waiting(), 3u);
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
  constexpr size_t kBytes = 1024;
  constexpr size_t kMessages = 1000;
  // The one that makes it too many is still taken.
  constexpr uint64_t kFit = kBytes / sizeof(Event) + 1;
  static_assert(kFit < kMessages);
  Signal bell;
  Inbox inbox(kBytes, bell);
  std::thread replica([&] {
    for (size_t i = 0; i < kMessages; ++i)
      inbox.PutData(MessageReceived{.link = 1, .message = Ack{}}, 0);
  });
  while (inbox.waiting() < kFit) std::this_thread::yield();
  // Long enough for all the others, were there nothing to stop them.
  for (int i = 0; i < 10'000; ++i) std::this_thread::yield();
  EXPECT_EQ(inbox.waiting(), kFit);
  for (size_t taken = 0; taken < kMessages;) taken += inbox.Take().has_value();
  replica.join();
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
