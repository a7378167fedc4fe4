// A peer that is stopped is worse than a dead one: the kernel still accepts for it,
// and nobody ever answers. Whoever dials it must not wait.
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "examples/three_node_demo/unique_fd.h"
#include "replication/grpc_credentials.h"
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

// A listener that never says a word.
class Silent : public testing::Test {
 protected:
  void SetUp() override {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address_);
    auto* name = reinterpret_cast<sockaddr*>(&address_);
    ASSERT_EQ(bind(silent_.get(), name, size), 0);
    ASSERT_EQ(listen(silent_.get(), 16), 0);
    getsockname(silent_.get(), name, &size);
  }
  std::string address() const {
    return absl::StrCat("127.0.0.1:", ntohs(address_.sin_port));
  }

  const demo::UniqueFd silent_{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in address_{};
};

class SilentPeer : public Silent, public testing::WithParamInterface<bool> {};

INSTANTIATE_TEST_SUITE_P(WithoutASecretAndWithOne, SilentPeer, testing::Bool());

TEST_P(SilentPeer, DialAndCloseDoNotWaitForIt) {
  // Also while the peer is asked to let this one in.
  const Credentials credentials(
      Security{.secrets = GetParam() ? std::vector<std::string>{"secret"}
                                     : std::vector<std::string>()});
  const auto transport = MakeGrpcTransport(credentials, 1 << 20);
  CountingHandler handler;
  const absl::Time start = absl::Now();
  std::unique_ptr<Link> link = transport->Dial(address(), LinkId(), handler);
  EXPECT_LT(absl::Now() - start, kAtOnce);
  link->Close();
  link.reset();
  EXPECT_LT(absl::Now() - start, kAtOnce);
  EXPECT_EQ(handler.closed(), 1);
}

// How long the socket of this process that is connected to `peer` waits for the other
// machine's acknowledgement of what it sent; -1: there is no such socket.
int UnacknowledgedMsMax(const sockaddr_in& peer) {
  for (int fd = 3; fd < 1024; ++fd) {
    // It is one of IPv6, which has the port in the same place.
    sockaddr_in6 name{};
    socklen_t size = sizeof(name);
    if (getpeername(fd, reinterpret_cast<sockaddr*>(&name), &size) != 0 ||
        (name.sin6_family != AF_INET && name.sin6_family != AF_INET6) ||
        name.sin6_port != peer.sin_port)
      continue;
    unsigned ms = 0;
    size = sizeof(ms);
    EXPECT_EQ(getsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, &size), 0);
    return static_cast<int>(ms);
  }
  return -1;
}

TEST_F(Silent, AConnectionThatACutHasStalledIsGivenUpSoon) {
  const auto channel =
      MakeChannel(address(), Security{}, 1 << 20, grpc::ChannelArguments());
  channel->GetState(/*try_to_connect=*/true);
  const demo::UniqueFd accepted(accept(silent_.get(), nullptr, nullptr));
  ASSERT_TRUE(accepted.valid());
  // TCP's own pauses reach two minutes.
  const int ms = UnacknowledgedMsMax(address_);
  EXPECT_GT(ms, 0);
  EXPECT_LE(ms, 5000);
}

}  // namespace
}  // namespace vigil::replication
