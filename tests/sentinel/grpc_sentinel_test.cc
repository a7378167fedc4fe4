// Both ends of the edge, over a Unix socket in a temporary folder.
#include "sentinel/grpc_sentinel.h"

#include <grpcpp/grpcpp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/mutex.h"
#include "engine/base/signal.h"
#include "gtest/gtest.h"
#include "replication/grpc_admission.h"
#include "tests/sentinel/fixtures.h"
#include "tests/support/temp_dir.h"

namespace vigil::sentinel {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(20);

using Reply = std::function<void(absl::StatusOr<sentinel::Answer>)>;

// Answers pings; keeps everything else.
class TestAnswerer final : public Answerer {
 public:
  void Answer(Question question, Reply reply) override {
    if (std::holds_alternative<Ping>(question.body)) {
      return reply(sentinel::Answer(Pong{Formed("b", {{1, {10}}, 5}), 9, {}}));
    }
    if (std::holds_alternative<VoteRequest>(question.body)) {
      return reply(absl::PermissionDeniedError("no such group"));
    }
    MutexLock lock(mu_);
    kept_.push_back(std::move(reply));
    arrived_.Notify();
  }

  bool WaitForKept() {
    const MonoTime deadline = SystemClock().Mono() + kPatience;
    for (uint64_t seen = arrived_.Seen();; seen = arrived_.Seen()) {
      {
        MutexLock lock(mu_);
        if (!kept_.empty()) return true;
      }
      if (!arrived_.WaitPast(seen, deadline)) return false;
    }
  }

  void AnswerKept() {
    std::vector<Reply> kept;
    {
      MutexLock lock(mu_);
      kept.swap(kept_);
    }
    for (const Reply& reply : kept)
      reply(absl::UnavailableError("this node is closing"));
  }

 private:
  Mutex mu_;
  Signal arrived_;
  std::vector<Reply> kept_ ABSL_GUARDED_BY(mu_);
};

// What one Ask brought.
class Outcome {
 public:
  std::function<void(AskResult)> Done() {
    return [state = state_](AskResult result) {
      {
        MutexLock lock(state->mu);
        state->result = std::move(result);
      }
      state->arrived.Notify();
    };
  }
  bool arrived() const {
    MutexLock lock(state_->mu);
    return state_->result.has_value();
  }
  AskResult Wait() const {
    const MonoTime deadline = SystemClock().Mono() + kPatience;
    for (uint64_t seen = state_->arrived.Seen();;
         seen = state_->arrived.Seen()) {
      {
        MutexLock lock(state_->mu);
        if (state_->result.has_value()) return *state_->result;
      }
      if (!state_->arrived.WaitPast(seen, deadline)) {
        return {absl::InternalError("the test lost its patience")};
      }
    }
  }

 private:
  struct State {
    Mutex mu;
    Signal arrived;
    std::optional<AskResult> result ABSL_GUARDED_BY(mu);
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

class GrpcSentinelTest : public testing::Test {
 protected:
  void SetUp() override { address_ = "unix:" + path_; }

  void TearDown() override { StopServer(); }

  void StartServer() {
    service_ = MakeSentinelService(answerer_, *door_);
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address_, grpc::InsecureServerCredentials());
    builder.RegisterService(service_->service());
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
  }

  void StopServer() {
    if (server_ == nullptr) return;
    answerer_.AnswerKept();
    server_->Shutdown(std::chrono::system_clock::now());
    server_.reset();
  }

  // A socket that exists and on which nobody listens: what a killed process leaves.
  void LeaveDeadSocket() {
    unlink(path_.c_str());
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::strncpy(name.sun_path, path_.c_str(), sizeof(name.sun_path) - 1);
    ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&name), sizeof(name)), 0);
    close(fd);
  }

  AskResult Ask(Question::Body body, absl::Duration timeout = kPatience) {
    Outcome outcome;
    transport_->Ask(address_, {"g", "a", IdOf("a"), std::move(body)}, timeout,
                    outcome.Done());
    return outcome.Wait();
  }

  TempDir folder_;
  const std::string path_ = folder_.path() + "/socket";
  std::string address_;
  TestAnswerer answerer_;
  const replication::Credentials anybody_;
  const SystemClock clock_{};
  const std::unique_ptr<replication::Doorkeeper> door_ =
      replication::MakeDoorkeeper(anybody_, "b", clock_, {});
  std::unique_ptr<SentinelService> service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Transport> transport_ = MakeGrpcTransport(anybody_);
};

TEST_F(GrpcSentinelTest, AsksAndAnswers) {
  StartServer();
  const AskResult result = Ask(Ping{});
  ASSERT_TRUE(result.answer.ok()) << result.answer.status();
  EXPECT_EQ(std::get<Pong>(*result.answer).view.name, "b");
  EXPECT_EQ(std::get<Pong>(*result.answer).epoch, 9u);
}

TEST_F(GrpcSentinelTest, ARefusalToAnswerIsNoDeath) {
  StartServer();
  const AskResult result = Ask(VoteRequest{});
  EXPECT_EQ(result.answer.status().message(),
            address_ + " refused this node: no such group");
  EXPECT_EQ(result.failure, Failure::kUnwelcome);
}

TEST_F(GrpcSentinelTest, ADeadSocketRefuses) {
  LeaveDeadSocket();
  const AskResult result = Ask(Ping{});
  EXPECT_FALSE(result.answer.ok());
  EXPECT_EQ(result.failure, Failure::kRefused) << result.answer.status();
}

TEST_F(GrpcSentinelTest, AnUnreachableAddressIsNoDeath) {
  address_ = "unix:" + folder_.path() + "/nowhere/socket";
  const AskResult result = Ask(Ping{});
  EXPECT_FALSE(result.answer.ok());
  EXPECT_EQ(result.failure, Failure::kOther) << result.answer.status();
}

TEST_F(GrpcSentinelTest, NoAnswerInTimeIsATimeOut) {
  StartServer();
  const AskResult result =
      Ask(replication::FenceRequest{{1, IdOf("a")}}, absl::Milliseconds(20));
  EXPECT_FALSE(result.answer.ok());
  EXPECT_EQ(result.failure, Failure::kTimeout) << result.answer.status();
}

TEST_F(GrpcSentinelTest, AServerThatComesBackIsFoundAgain) {
  StartServer();
  ASSERT_TRUE(Ask(Ping{}).answer.ok());
  StopServer();
  LeaveDeadSocket();
  EXPECT_FALSE(Ask(Ping{}).answer.ok());
  unlink(path_.c_str());
  StartServer();
  const MonoTime deadline = SystemClock().Mono() + kPatience;
  bool found = false;
  while (!found && SystemClock().Mono() < deadline)
    found = Ask(Ping{}).answer.ok();
  EXPECT_TRUE(found);
}

TEST_F(GrpcSentinelTest, TheTransportWaitsForWhatIsUnderWay) {
  StartServer();
  Outcome outcome;
  transport_->Ask(address_, {"g", "a", IdOf("a"), replication::FenceRequest{}},
                  kPatience, outcome.Done());
  ASSERT_TRUE(answerer_.WaitForKept());
  transport_.reset();
  EXPECT_TRUE(outcome.arrived()) << "cancelled, and nothing runs after";
}

TEST_F(GrpcSentinelTest, AServerThatStopsAnswersWhatIsOpen) {
  StartServer();
  Outcome outcome;
  transport_->Ask(address_, {"g", "a", IdOf("a"), replication::FenceRequest{}},
                  kPatience, outcome.Done());
  ASSERT_TRUE(answerer_.WaitForKept());
  StopServer();
  EXPECT_EQ(outcome.Wait().failure, Failure::kRefused);
}

}  // namespace
}  // namespace vigil::sentinel
