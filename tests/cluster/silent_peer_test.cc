// A peer that is stopped is worse than a dead one: the kernel still accepts for it,
// and nobody ever answers. Whoever dials it must not wait.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "examples/three_node_demo/unique_fd.h"
#include "replication/grpc_replication.h"

namespace vigil::replication {
namespace {

class CountingHandler final : public LinkHandler {
 public:
  void OnMessage(LinkId, Message) override { ADD_FAILURE() << "a message"; }
  void OnClosed(LinkId, std::string) override {
    std::lock_guard lock(mu_);
    ++closed_;
  }
  int closed() {
    std::lock_guard lock(mu_);
    return closed_;
  }

 private:
  std::mutex mu_;
  int closed_ = 0;
};

// Far below the twenty seconds that gRPC gives a connection, far above what a
// busy machine needs to make a few objects.
constexpr absl::Duration kAtOnce = absl::Seconds(3);

class SilentPeer : public testing::TestWithParam<bool> {};

INSTANTIATE_TEST_SUITE_P(WithoutASecretAndWithOne, SilentPeer, testing::Bool());

TEST_P(SilentPeer, DialAndCloseDoNotWaitForIt) {
  const demo::UniqueFd silent(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(bind(silent.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(silent.get(), 16), 0);  // and never accepts
  getsockname(silent.get(), reinterpret_cast<sockaddr*>(&address), &size);

  // Also while the peer is asked to let this one in.
  const Credentials credentials(
      Security{.secrets = GetParam() ? std::vector<std::string>{"secret"}
                                     : std::vector<std::string>()});
  const auto transport = MakeGrpcTransport(credentials, 1 << 20);
  CountingHandler handler;
  const absl::Time start = absl::Now();
  std::unique_ptr<Link> link = transport->Dial(
      absl::StrCat("127.0.0.1:", ntohs(address.sin_port)), LinkId(), handler);
  EXPECT_LT(absl::Now() - start, kAtOnce);
  link->Close();
  link.reset();
  EXPECT_LT(absl::Now() - start, kAtOnce);
  EXPECT_EQ(handler.closed(), 1);
}

}  // namespace
}  // namespace vigil::replication
