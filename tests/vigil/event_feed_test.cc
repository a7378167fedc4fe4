#include "vigil/event_feed.h"

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace vigil {
namespace {

Event Named(const std::string& name) { return {.name = name}; }

// A listener that blocks in its first call until it is let go, and says when it has
// heard "last".
class Slow {
 public:
  void operator()(const Event& event) {
    told_.push_back(event);
    if (told_.size() == 1) {
      entered_.set_value();
      release_.get_future().wait();
    }
    if (event.name == "last") last_.set_value();
  }
  void AwaitEntered() { entered_.get_future().wait(); }
  std::vector<Event> Release() {
    release_.set_value();
    last_.get_future().wait();
    return told_;
  }

 private:
  std::vector<Event> told_;
  std::promise<void> entered_;
  std::promise<void> release_;
  std::promise<void> last_;
};

TEST(EventFeed, TellsEachInOrderAndTakesOnePlace) {
  Slow slow;
  Executor executor;
  EventFeed feed(executor, std::ref(slow));
  feed.Tell(Named("first"));
  slow.AwaitEntered();
  for (int i = 0; i < 100; ++i) feed.Tell(Named(absl::StrCat(i)));
  feed.Tell(Named("last"));
  EXPECT_EQ(executor.waiting(), 1u);
  const std::vector<Event> told = slow.Release();
  ASSERT_EQ(told.size(), 102u);
  for (size_t i = 0; i < 100; ++i) EXPECT_EQ(told[i + 1].name, absl::StrCat(i));
  for (const Event& event : told) EXPECT_EQ(event.missed, 0u);
  executor.Stop();
}

TEST(EventFeed, SaysHowManyAreMissingWhenTheApplicationIsTooSlow) {
  Slow slow;
  Executor executor;
  EventFeed feed(executor, std::ref(slow));
  feed.Tell(Named("first"));
  slow.AwaitEntered();
  for (size_t i = 0; i < EventFeed::kEventsMax + 4; ++i)
    feed.Tell(Named(absl::StrCat(i)));
  feed.Tell(Named("last"));
  const std::vector<Event> told = slow.Release();
  ASSERT_EQ(told.size(), EventFeed::kEventsMax + 1);
  EXPECT_EQ(told[1].name, "5");
  EXPECT_EQ(told[1].missed, 5u);
  EXPECT_EQ(told[2].missed, 0u);
  executor.Stop();
}

TEST(EventFeed, WithoutAListenerNothingWaits) {
  Executor executor;
  EventFeed feed(executor, nullptr);
  feed.Tell(Named("e"));
  EXPECT_EQ(executor.waiting(), 0u);
}

}  // namespace
}  // namespace vigil
