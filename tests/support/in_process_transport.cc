#include "tests/support/in_process_transport.h"

#include <atomic>
#include <deque>
#include <optional>

#include "engine/base/thread.h"

namespace vigil::replication {
namespace {

constexpr size_t kRoom = 8;  // messages under way in one direction

// One direction of a stream.
class Pipe {
 public:
  bool Push(const Message& message) {
    MutexLock lock(mu_);
    while (messages_.size() >= kRoom && !cut_) changed_.Wait(mu_);
    if (cut_) return false;
    messages_.push_back(message);
    changed_.NotifyAll();
    return true;
  }

  // Nothing when the stream is cut; what was under way is lost then.
  std::optional<Message> Pop() {
    MutexLock lock(mu_);
    while ((messages_.empty() || frozen_) && !cut_) changed_.Wait(mu_);
    if (cut_) return std::nullopt;
    Message message = std::move(messages_.front());
    messages_.pop_front();
    changed_.NotifyAll();
    return message;
  }

  void Cut() {
    MutexLock lock(mu_);
    cut_ = true;
    changed_.NotifyAll();
  }

  void Freeze(bool frozen) {
    MutexLock lock(mu_);
    frozen_ = frozen;
    changed_.NotifyAll();
  }

 private:
  Mutex mu_;
  CondVar changed_;
  std::deque<Message> messages_ ABSL_GUARDED_BY(mu_);
  bool cut_ ABSL_GUARDED_BY(mu_) = false;
  bool frozen_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace

// Both directions, and the thread that delivers at each end.
class Stream {
 public:
  Stream(std::string dialler, std::string acceptor)
      : dialler_address(std::move(dialler)),
        acceptor_address(std::move(acceptor)) {}
  ~Stream() {
    Cut();
    JoinDialler();
    accepting_.Join();
  }

  void Cut() {
    up.Cut();
    down.Cut();
  }

  void StartDialler(LinkId link, LinkHandler& handler, const char* refusal) {
    if (refusal != nullptr) Cut();
    dialling_ = Thread("test-dialler", [this, link, &handler, refusal] {
      while (auto message = down.Pop()) {
        handler.OnMessage(link, *std::move(message));
      }
      Cut();
      handler.OnClosed(link, refusal != nullptr ? refusal : "cut");
    });
  }
  void StartAcceptor(LinkId link, LinkHandler& handler) {
    accepting_ = Thread("test-acceptor", [this, link, &handler] {
      while (auto message = up.Pop()) {
        handler.OnMessage(link, *std::move(message));
      }
      Cut();
      handler.OnClosed(link, "cut");
      accepting_done_ = true;
    });
  }
  void JoinDialler() {
    dialling_.Join();
    dialling_done_ = true;
  }
  void JoinAcceptor() { accepting_.Join(); }
  bool done() const { return dialling_done_ && accepting_done_; }

  const std::string dialler_address;
  const std::string acceptor_address;
  Pipe up;    // to the acceptor
  Pipe down;  // to the dialler

 private:
  std::atomic<bool> dialling_done_{false};
  std::atomic<bool> accepting_done_{false};
  Thread dialling_;
  Thread accepting_;
};

namespace {

class DiallersEnd final : public Link {
 public:
  explicit DiallersEnd(std::shared_ptr<Stream> stream)
      : stream_(std::move(stream)) {}
  ~DiallersEnd() override {
    stream_->Cut();
    stream_->JoinDialler();
  }
  bool Send(const Message& message) override {
    return stream_->up.Push(message);
  }
  void Close() override { stream_->Cut(); }

 private:
  const std::shared_ptr<Stream> stream_;
};

// Does not own the stream: the thread that calls the acceptor is the stream's, so
// the acceptor may drop its end during a call.
class AcceptorsEnd final : public Link {
 public:
  explicit AcceptorsEnd(const std::shared_ptr<Stream>& stream)
      : stream_(stream) {}
  ~AcceptorsEnd() override { Close(); }
  bool Send(const Message& message) override {
    const std::shared_ptr<Stream> stream = stream_.lock();
    return stream != nullptr && stream->down.Push(message);
  }
  void Close() override {
    if (const std::shared_ptr<Stream> stream = stream_.lock()) stream->Cut();
  }

 private:
  const std::weak_ptr<Stream> stream_;
};

}  // namespace

class InProcessPort final : public Transport {
 public:
  InProcessPort(InProcessNetwork& network, std::string address)
      : network_(network), address_(std::move(address)) {}
  std::unique_ptr<Link> Dial(const std::string& address, LinkId link,
                             LinkHandler& handler) override {
    return network_.Dial(address_, address, link, handler);
  }

 private:
  InProcessNetwork& network_;
  const std::string address_;
};

InProcessNetwork::~InProcessNetwork() = default;

std::unique_ptr<Transport> InProcessNetwork::From(const std::string& address) {
  return std::make_unique<InProcessPort>(*this, address);
}

void InProcessNetwork::Listen(const std::string& address,
                              LinkAcceptor& acceptor) {
  MutexLock lock(mu_);
  acceptors_[address] = &acceptor;
}

void InProcessNetwork::Unlisten(const std::string& address) {
  std::list<std::shared_ptr<Stream>> ended;
  {
    MutexLock lock(mu_);
    acceptors_.erase(address);
    for (auto it = streams_.begin(); it != streams_.end();) {
      const auto next = std::next(it);
      if ((*it)->acceptor_address == address) {
        (*it)->Cut();
        ended.splice(ended.end(), streams_, it);
      }
      it = next;
    }
  }
  for (const auto& stream : ended) stream->JoinAcceptor();
}

std::unique_ptr<Link> InProcessNetwork::Dial(const std::string& from,
                                             const std::string& to, LinkId link,
                                             LinkHandler& handler) {
  auto stream = std::make_shared<Stream>(from, to);
  {
    // Held while the acceptor is told, so that Unlisten waits for it.
    MutexLock lock(mu_);
    ForgetEnded();
    const auto acceptor = acceptors_.find(to);
    if (acceptor != acceptors_.end() &&
        !refused_.contains(Unordered(from, to))) {
      stream->down.Freeze(frozen_.contains(from));
      stream->up.Freeze(frozen_.contains(to));
      const LinkId accepted =
          acceptor->second->OnAccepted(std::make_shared<AcceptorsEnd>(stream));
      stream->StartAcceptor(accepted, *acceptor->second);
      stream->StartDialler(link, handler, nullptr);
      streams_.push_back(stream);
      return std::make_unique<DiallersEnd>(std::move(stream));
    }
  }
  stream->StartDialler(link, handler, "connection refused");
  return std::make_unique<DiallersEnd>(std::move(stream));
}

// Destroying a stream joins its threads, which are over.
void InProcessNetwork::ForgetEnded() {
  streams_.remove_if([](const auto& stream) { return stream->done(); });
}

void InProcessNetwork::Cut(const std::string& a, const std::string& b) {
  MutexLock lock(mu_);
  for (const auto& stream : streams_) {
    if (Unordered(stream->dialler_address, stream->acceptor_address) ==
        Unordered(a, b)) {
      stream->Cut();
    }
  }
}

void InProcessNetwork::Refuse(const std::string& a, const std::string& b,
                              bool refused) {
  MutexLock lock(mu_);
  if (refused) {
    refused_.insert(Unordered(a, b));
  } else {
    refused_.erase(Unordered(a, b));
  }
}

void InProcessNetwork::Freeze(const std::string& address, bool frozen) {
  MutexLock lock(mu_);
  if (frozen) {
    frozen_.insert(address);
  } else {
    frozen_.erase(address);
  }
  for (const auto& stream : streams_) {
    if (stream->dialler_address == address) stream->down.Freeze(frozen);
    if (stream->acceptor_address == address) stream->up.Freeze(frozen);
  }
}

}  // namespace vigil::replication
