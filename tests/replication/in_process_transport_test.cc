#include "tests/support/in_process_transport.h"

#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace vigil::replication {
namespace {

MonoTime Soon() { return SystemClock().Mono() + absl::Seconds(20); }

// Either end: remembers what it received, and can be waited for.
class Receiver : public LinkAcceptor {
 public:
  LinkId OnAccepted(std::shared_ptr<Link> link) override {
    MutexLock lock(mu_);
    accepted_ = std::move(link);
    return 7;
  }
  void OnMessage(LinkId, Message message) override {
    MutexLock lock(mu_);
    received_.push_back(std::get<EntriesEnd>(message).last);
    changed_.NotifyAll();
  }
  void OnClosed(LinkId, std::string why) override {
    MutexLock lock(mu_);
    closed_.push_back(std::move(why));
    changed_.NotifyAll();
  }

  std::vector<uint64_t> Await(size_t count) {
    MutexLock lock(mu_);
    while (received_.size() < count && changed_.WaitUntil(mu_, Soon())) {
    }
    return received_;
  }
  std::vector<std::string> AwaitClosed() {
    MutexLock lock(mu_);
    while (closed_.empty() && changed_.WaitUntil(mu_, Soon())) {
    }
    return closed_;
  }
  std::shared_ptr<Link> accepted() {
    MutexLock lock(mu_);
    return accepted_;
  }

 private:
  Mutex mu_;
  CondVar changed_;
  std::shared_ptr<Link> accepted_ ABSL_GUARDED_BY(mu_);
  std::vector<uint64_t> received_ ABSL_GUARDED_BY(mu_);
  std::vector<std::string> closed_ ABSL_GUARDED_BY(mu_);
};

class InProcess : public testing::Test {
 protected:
  InProcess() { network.Listen("a:1", acceptor); }
  ~InProcess() override { network.Unlisten("a:1"); }

  InProcessNetwork network;
  Receiver acceptor;
  Receiver dialler;
  std::unique_ptr<Transport> port = network.From("b:1");
};

TEST_F(InProcess, DeliversInOrderBothWays) {
  const auto link = port->Dial("a:1", 1, dialler);
  for (uint64_t i = 1; i <= 50; ++i) {
    EXPECT_TRUE(link->Send(EntriesEnd{i}));
    EXPECT_TRUE(acceptor.accepted()->Send(EntriesEnd{i}));
  }
  for (Receiver* end : {&acceptor, &dialler}) {
    const std::vector<uint64_t> received = end->Await(50);
    ASSERT_EQ(received.size(), 50u);
    for (uint64_t i = 0; i < 50; ++i) EXPECT_EQ(received[i], i + 1);
  }
}

TEST_F(InProcess, ACutIsToldOnceToBothEnds) {
  const auto link = port->Dial("a:1", 1, dialler);
  network.Cut("a:1", "b:1");
  EXPECT_EQ(acceptor.AwaitClosed().size(), 1u);
  EXPECT_EQ(dialler.AwaitClosed().size(), 1u);
  EXPECT_FALSE(link->Send(EntriesEnd{1}));
  EXPECT_FALSE(acceptor.accepted()->Send(EntriesEnd{1}));
  EXPECT_EQ(dialler.AwaitClosed().size(), 1u);
}

TEST_F(InProcess, ADialThatIsRefusedClosesTheLink) {
  network.Refuse("b:1", "a:1", true);
  const auto refused = port->Dial("a:1", 1, dialler);
  EXPECT_EQ(dialler.AwaitClosed()[0], "connection refused");
  const auto nobody = port->Dial("z:1", 2, dialler);
  EXPECT_EQ(dialler.AwaitClosed()[0], "connection refused");
  network.Refuse("b:1", "a:1", false);
  EXPECT_TRUE(port->Dial("a:1", 3, dialler)->Send(EntriesEnd{1}));
}

TEST_F(InProcess, AFrozenNodeMakesItsSenderWait) {
  const auto link = port->Dial("a:1", 1, dialler);
  network.Freeze("a:1", true);
  std::thread sender([&] {
    for (uint64_t i = 1; i <= 50; ++i) EXPECT_TRUE(link->Send(EntriesEnd{i}));
  });
  EXPECT_EQ(acceptor.Await(0).size(), 0u);
  network.Freeze("a:1", false);
  sender.join();
  EXPECT_EQ(acceptor.Await(50).size(), 50u);
}

TEST_F(InProcess, CloseEndsASendThatWaits) {
  const auto link = port->Dial("a:1", 1, dialler);
  network.Freeze("a:1", true);
  std::thread sender([&] {
    while (link->Send(EntriesEnd{1})) {
    }
  });
  link->Close();
  sender.join();
  EXPECT_FALSE(dialler.AwaitClosed().empty());
}

}  // namespace
}  // namespace vigil::replication
