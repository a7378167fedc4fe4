#include "tests/support/in_process_forwarding.h"

#include "absl/status/status.h"

namespace vigil {
namespace {

absl::Status Broken() { return absl::UnavailableError("the connection broke"); }

}  // namespace

class InProcessForwardPort final : public ForwardTransport {
 public:
  InProcessForwardPort(InProcessForwarding& network, std::string address)
      : network_(network), address_(std::move(address)) {}
  ~InProcessForwardPort() override { Close(); }

  void Call(const std::string& address, const ForwardRequest& request,
            Answered answered) override {
    network_.Send(address_, address, request, std::move(answered));
  }
  void KeepOnly(const std::string& address) override {
    network_.Break([&](const InProcessForwarding::Call& call) {
      return call.from == address_ && call.to != address;
    });
  }
  void Close() override {
    network_.Break([&](const InProcessForwarding::Call& call) {
      return call.from == address_;
    });
    network_.AwaitQuiet();
  }

 private:
  InProcessForwarding& network_;
  const std::string address_;
};

void InProcessForwarding::Listen(const std::string& address,
                                 ForwardHandler& handler) {
  MutexLock lock(mu_);
  handlers_[address] = &handler;
}

void InProcessForwarding::Unlisten(const std::string& address) {
  {
    MutexLock lock(mu_);
    handlers_.erase(address);
    while (serving_[address] > 0) changed_.Wait(mu_);
  }
  Break([&](const Call& call) { return call.to == address; });
}

std::unique_ptr<ForwardTransport> InProcessForwarding::From(
    const std::string& address) {
  return std::make_unique<InProcessForwardPort>(*this, address);
}

void InProcessForwarding::LoseAnswers(int count) {
  MutexLock lock(mu_);
  lose_answers_ = count;
}

void InProcessForwarding::LoseRequests(int count) {
  MutexLock lock(mu_);
  lose_requests_ = count;
}

void InProcessForwarding::HoldAnswers(bool held) {
  std::vector<std::pair<std::shared_ptr<Call>, ForwardReply>> freed;
  {
    MutexLock lock(mu_);
    holding_ = held;
    if (!held) freed.swap(held_);
  }
  for (const auto& [call, reply] : freed) Answer(call, reply);
}

std::vector<ForwardRequest> InProcessForwarding::requests() const {
  MutexLock lock(mu_);
  return requests_;
}

void InProcessForwarding::Send(const std::string& from, const std::string& to,
                               const ForwardRequest& request,
                               ForwardTransport::Answered answered) {
  const auto call = std::make_shared<Call>(Call{from, to, nullptr});
  ForwardHandler* handler = nullptr;
  {
    MutexLock lock(mu_);
    requests_.push_back(request);
    const auto it = handlers_.find(to);
    if (it != handlers_.end() && lose_requests_ == 0) {
      handler = it->second;
      call->answered = std::move(answered);
      calls_.push_back(call);
      ++serving_[to];
    } else if (lose_requests_ > 0) {
      --lose_requests_;
    }
  }
  if (handler == nullptr) return answered(Broken());
  handler->Serve(request, [this, call](const ForwardReply& reply) {
    Answer(call, reply);
  });
  MutexLock lock(mu_);
  --serving_[to];
  changed_.NotifyAll();
}

void InProcessForwarding::Answer(const std::shared_ptr<Call>& call,
                                 const ForwardReply& reply) {
  ForwardTransport::Answered answered;
  bool lost = false;
  {
    MutexLock lock(mu_);
    if (holding_) {
      held_.emplace_back(call, reply);
      return;
    }
    if (!call->answered) return;
    answered = std::exchange(call->answered, nullptr);
    calls_.remove(call);
    lost = lose_answers_ > 0;
    if (lost) --lose_answers_;
    ++telling_;
  }
  if (lost) {
    answered(Broken());
  } else {
    answered(reply);
  }
  MutexLock lock(mu_);
  --telling_;
  changed_.NotifyAll();
}

void InProcessForwarding::Break(const std::function<bool(const Call&)>& which) {
  std::vector<ForwardTransport::Answered> broken;
  {
    MutexLock lock(mu_);
    for (auto it = calls_.begin(); it != calls_.end();) {
      const auto call = it++;
      if (!which(**call)) continue;
      broken.push_back(std::exchange((*call)->answered, nullptr));
      calls_.erase(call);
    }
  }
  for (const auto& answered : broken) answered(Broken());
}

void InProcessForwarding::AwaitQuiet() {
  MutexLock lock(mu_);
  while (telling_ > 0) changed_.Wait(mu_);
}

}  // namespace vigil
