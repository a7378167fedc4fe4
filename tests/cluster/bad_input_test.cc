// Wrong directories, taken ports, garbage on the wire: each is answered by an
// error that names what is wrong; nothing is lost, and nothing crashes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "examples/three_node_demo/child.h"
#include "examples/three_node_demo/free_port.h"
#include "examples/three_node_demo/line_buffer.h"
#include "examples/three_node_demo/node_process_options.h"
#include "examples/three_node_demo/unique_fd.h"
#include "tests/cluster/live_node.h"
#include "tests/support/temp_dir.h"

namespace vigil::test {
namespace {

namespace fs = std::filesystem;
using demo::UniqueFd;
using testing::HasSubstr;

class BadInput : public testing::Test {
 protected:
  void SetUp() override {
    auto ports = demo::FreePorts(3);
    ASSERT_TRUE(ports.ok()) << ports.status();
    ports_ = *std::move(ports);
  }

  // A group of one, on the first port.
  Options Single() const { return OptionsOf({ports_[0]}, 0, folder_); }

  const TempDir temp_;
  const std::string& folder_ = temp_.path();
  std::vector<int> ports_;
};

// ---- directories ------------------------------------------------------------

TEST_F(BadInput, DirectoryOfAnotherGroupIsRefusedAndKept) {
  {
    LiveNode node(Single());
    ASSERT_TRUE(node.status().ok()) << node.status();
    ASSERT_TRUE(node.AwaitRole(NodeRole::kMaster)) << node.LogText();
    ASSERT_TRUE(node->Set("k", "v", {.ack = Ack::kDisk}).ok());
  }
  Options other = Single();
  other.group = "other";
  LiveNode refused(other);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(refused.status().ToString(), HasSubstr("test"));
  EXPECT_THAT(refused.status().ToString(), HasSubstr("other"));

  LiveNode again(Single());
  ASSERT_TRUE(again.status().ok()) << again.status();
  EXPECT_TRUE(again->Exists("k"));
}

TEST_F(BadInput, DirectoryOfAnotherNodeIsRefused) {
  const std::vector<int> ports(ports_.begin(), ports_.begin() + 2);
  { LiveNode a(OptionsOf(ports, 0, folder_)); }
  Options b = OptionsOf(ports, 1, folder_);
  b.data_dir = folder_ + "/a";
  LiveNode refused(b);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(refused.status().ToString(), HasSubstr("'a'"));
}

TEST_F(BadInput, DirectoryInUseIsRefusedInThisProcess) {
  LiveNode node(Single());
  ASSERT_TRUE(node.status().ok()) << node.status();
  Options second = Single();
  second.members[0].address = absl::StrCat("127.0.0.1:", ports_[1]);
  LiveNode refused(second);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(refused.status().ToString(), HasSubstr(second.data_dir));
}

TEST_F(BadInput, DirectoryInUseIsRefusedInAnotherProcess) {
  LiveNode node(Single());
  ASSERT_TRUE(node.status().ok()) << node.status();
  const demo::NodeProcessOptions options{
      .node = "a",
      .members = absl::StrCat("a=127.0.0.1:", ports_[1]),
      .data_dir = Single().data_dir};
  auto child = demo::Child::Spawn(VIGIL_DEMO_BINARY, demo::ToArguments(options),
                                  folder_ + "/stderr");
  ASSERT_TRUE(child.ok()) << child.status();
  demo::LineBuffer lines;
  std::string said;
  pollfd output{(*child)->output_fd(), POLLIN, 0};
  for (bool open = true; open && poll(&output, 1, 20'000) > 0;) {
    open = (*child)->Read(lines);
    while (const auto line = lines.Next()) said += std::string(*line) + "\n";
  }
  (*child)->Reap();
  EXPECT_EQ((*child)->exit_status(), EXIT_FAILURE);
  EXPECT_THAT(said, HasSubstr("failed\tFAILED_PRECONDITION"));
  EXPECT_THAT(said, HasSubstr(options.data_dir));
}

TEST_F(BadInput, DirectoryBelowAFileIsRefused) {
  std::ofstream(folder_ + "/file") << "not a folder";
  Options options = Single();
  options.data_dir = folder_ + "/file/data";
  LiveNode refused(options);
  EXPECT_FALSE(refused.status().ok());
  EXPECT_THAT(refused.status().ToString(), HasSubstr(options.data_dir));
}

// ---- ports ------------------------------------------------------------------

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

TEST_F(BadInput, PortTakenByAStrangerIsNamed) {
  const UniqueFd stranger(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = Loopback(ports_[0]);
  ASSERT_EQ(bind(stranger.get(), reinterpret_cast<const sockaddr*>(&address),
                 sizeof(address)),
            0);
  ASSERT_EQ(listen(stranger.get(), 1), 0);
  LiveNode refused(Single());
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(refused.status().ToString(),
              HasSubstr(absl::StrCat("127.0.0.1:", ports_[0])));
}

TEST_F(BadInput, PortTakenByANodeIsNamed) {
  LiveNode node(Single());
  ASSERT_TRUE(node.status().ok()) << node.status();
  Options second = Single();
  second.data_dir = folder_ + "/second";
  LiveNode refused(second);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(refused.status().ToString(),
              HasSubstr(absl::StrCat("127.0.0.1:", ports_[0])));
}

// ---- too much lost -----------------------------------------------------------

TEST_F(BadInput, AGroupThatLostTooManyDirectoriesSaysSo) {
  std::vector<std::unique_ptr<LiveNode>> nodes;
  for (size_t i = 0; i < 3; ++i) {
    nodes.push_back(std::make_unique<LiveNode>(OptionsOf(ports_, i, folder_)));
    ASSERT_TRUE(nodes.back()->status().ok()) << nodes.back()->status();
  }
  const auto master = static_cast<size_t>(AwaitMaster(nodes));
  ASSERT_LT(master, 3u);
  ASSERT_TRUE((*nodes[master])->Set("kept", "v", {.ack = Ack::kQuorum}).ok());
  nodes.clear();
  for (size_t i = 0; i < 3; ++i) {
    const Options options = OptionsOf(ports_, i, folder_);
    if (i != master) fs::remove_all(options.data_dir);
    nodes.push_back(std::make_unique<LiveNode>(options));
    ASSERT_TRUE(nodes.back()->status().ok()) << nodes.back()->status();
  }
  // Its status says why nobody becomes master, and it keeps what it has.
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::seconds(20);
  std::string obstacle;
  while (obstacle.empty() && std::chrono::steady_clock::now() < deadline) {
    obstacle = (*nodes[master])->status().obstacle;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_THAT(obstacle, HasSubstr("1 formed"));
  EXPECT_TRUE((*nodes[master])->Exists("kept"));
}

// ---- another configuration ---------------------------------------------------

TEST_F(BadInput, OtherMembersThanTheDirectoryWasFormedWithAreRefused) {
  Options options = Single();
  {
    LiveNode node(options);
    ASSERT_TRUE(node.AwaitRole(NodeRole::kMaster)) << node.LogText();
  }
  const std::string recorded = options.members[0].address;
  const std::string moved = absl::StrCat("127.0.0.1:", ports_[1]);
  options.members[0].address = moved;
  options.listen = moved;
  LiveNode refused(options);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(refused.status().ToString(), HasSubstr(options.data_dir));
  EXPECT_THAT(refused.status().ToString(), HasSubstr(recorded));
  EXPECT_THAT(refused.status().ToString(), HasSubstr(moved));
}

// ---- garbage ----------------------------------------------------------------

// Sends `bytes` to the port, and reads until the other side has had enough of
// it.
void Throw(int port, const std::string& bytes) {
  const UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = Loopback(port);
  ASSERT_EQ(connect(fd.get(), reinterpret_cast<const sockaddr*>(&address),
                    sizeof(address)),
            0);
  size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t size =
        send(fd.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (size <= 0) break;  // refused in the middle: as good
    sent += static_cast<size_t>(size);
  }
  shutdown(fd.get(), SHUT_WR);
  char answer[4096];
  pollfd readable{fd.get(), POLLIN, 0};
  while (poll(&readable, 1, 2000) > 0 &&
         read(fd.get(), answer, sizeof(answer)) > 0) {
  }
}

TEST_F(BadInput, GarbageOnThePortHarmsNothing) {
  LiveNode node(Single());
  ASSERT_TRUE(node.status().ok()) << node.status();
  ASSERT_TRUE(node.AwaitRole(NodeRole::kMaster)) << node.LogText();
  const uint64_t epoch = node->status().role.epoch;

  const std::string preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  const std::string settings("\0\0\0\x04\0\0\0\0\0", 9);
  const std::string huge_frame("\xff\xff\xff\0\0\0\0\0\x01", 9);
  std::mt19937_64 random(20);
  std::string noise(1 << 20, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  for (const std::string& bytes :
       {std::string("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
        std::string("*1\r\n$4\r\nPING"), noise, preface, preface + noise,
        preface + settings + huge_frame + noise,
        preface + settings + std::string("\0\0\x04\x01\x05\0\0\0\x01", 9) +
            "\xff\xff",
        std::string()}) {
    Throw(ports_[0], bytes);
  }

  EXPECT_TRUE(node->Set("k", "v", {.ack = Ack::kQuorum}).ok());
  EXPECT_TRUE(node->Exists("k"));
  EXPECT_EQ(node->status().role.epoch, epoch);
}

TEST_F(BadInput, GarbageOnThePortsOfAGroupCausesNoFailover) {
  std::vector<std::unique_ptr<LiveNode>> nodes;
  for (size_t i = 0; i < 3; ++i) {
    Options options = OptionsOf(ports_, i, "");
    options.sentinel.down_after = absl::Seconds(3);
    nodes.push_back(std::make_unique<LiveNode>(options));
    ASSERT_TRUE(nodes.back()->status().ok()) << nodes.back()->status();
  }
  const int master = AwaitMaster(nodes);
  ASSERT_GE(master, 0);
  LiveNode& writer = *nodes[static_cast<size_t>(master)];
  const uint64_t epoch = writer->status().role.epoch;
  for (int round = 0; round < 20; ++round) {
    for (const int port : ports_) {
      Throw(port, "GET / HTTP/1.1\r\n\r\n" + std::string(1000, 'x'));
    }
    const auto receipt =
        writer->Set(absl::StrCat(round), "v", {.ack = Ack::kQuorum});
    EXPECT_TRUE(receipt.ok()) << receipt.status();
  }
  EXPECT_EQ(writer->status().role.epoch, epoch) << writer.LogText();
}

// ---- a member that is not who it was ----------------------------------------

TEST_F(BadInput, AWipedMemberIsANewcomerAndTheGroupGoesOn) {
  std::vector<std::unique_ptr<LiveNode>> nodes;
  for (size_t i = 0; i < 3; ++i) {
    nodes.push_back(std::make_unique<LiveNode>(OptionsOf(ports_, i, folder_)));
    ASSERT_TRUE(nodes.back()->status().ok()) << nodes.back()->status();
  }
  const auto master = static_cast<size_t>(AwaitMaster(nodes));
  ASSERT_LT(master, 3u);
  ASSERT_TRUE((*nodes[master])->Set("before", "v", {.ack = Ack::kQuorum}).ok());

  const size_t wiped = (master + 1) % 3;
  const Options options = OptionsOf(ports_, wiped, folder_);
  nodes[wiped].reset();
  fs::remove_all(options.data_dir);
  nodes[wiped] = std::make_unique<LiveNode>(options);
  ASSERT_TRUE(nodes[wiped]->status().ok()) << nodes[wiped]->status();

  EXPECT_TRUE(nodes[master]->AwaitLog("-identity-lost"))
      << nodes[master]->LogText();
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  while (!(*nodes[wiped])->Exists("before") && absl::Now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_TRUE((*nodes[wiped])->Exists("before")) << nodes[wiped]->LogText();
  EXPECT_EQ((*nodes[wiped])->status().kind, MemberKind::kNewcomer);
  EXPECT_EQ((*nodes[wiped])->status().role.role, NodeRole::kReplica);
  const auto receipt =
      (*nodes[master])->Set("after", "v", {.ack = Ack::kQuorum});
  EXPECT_TRUE(receipt.ok()) << receipt.status();
  EXPECT_TRUE((*nodes[master])->Exists("before"));
}

}  // namespace
}  // namespace vigil::test
