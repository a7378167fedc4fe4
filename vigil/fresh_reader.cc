#include "vigil/fresh_reader.h"

#include <deque>
#include <optional>
#include <utility>
#include <vector>

namespace vigil {
namespace {

absl::Status Closing() {
  return absl::CancelledError("this node is being destroyed");
}

// The replicator says at a tick what is late, and why. It cannot while its own disk hangs.
constexpr absl::Duration kGrace = absl::Milliseconds(500);

// Steps that run on the thread that waits for the last one.
class StepsHere {
 public:
  void Add(std::function<void()> step) {
    MutexLock lock(mu_);
    steps_.push_back(std::move(step));
    changed_.NotifyOne();
  }
  // Empty: none came in time.
  std::function<void()> Next(MonoTime deadline) {
    MutexLock lock(mu_);
    while (steps_.empty()) {
      if (!changed_.WaitUntil(mu_, deadline) && steps_.empty()) return nullptr;
    }
    std::function<void()> step = std::move(steps_.front());
    steps_.pop_front();
    return step;
  }

 private:
  Mutex mu_;
  CondVar changed_;
  std::deque<std::function<void()>> steps_ ABSL_GUARDED_BY(mu_);
};

}  // namespace

absl::StatusOr<ReadPoint> FreshReader::Read(const Freshness& freshness,
                                            const std::function<void()>& read,
                                            absl::Duration timeout) {
  // Shared: an answer may come when nobody waits any more.
  const auto steps = std::make_shared<StepsHere>();
  std::optional<absl::StatusOr<ReadPoint>> result;
  const MonoTime deadline = clock_.Mono() + timeout;
  const uint64_t number =
      Add({.freshness = freshness,
           .deadline = deadline,
           .read = read,
           .run = [steps](auto step) { steps->Add(std::move(step)); },
           .done = [&](auto told) { result = std::move(told); }});
  MonoTime patience = deadline + kGrace;
  while (!result.has_value()) {
    if (const auto step = steps->Next(patience)) {
      step();
      continue;
    }
    Cancel(number, absl::DeadlineExceededError("no answer came in time"));
    patience = MonoTime::InfiniteFuture();
  }
  return *std::move(result);
}

uint64_t FreshReader::Begin(const Freshness& freshness,
                            std::function<void()> read, absl::Duration timeout,
                            FreshRead::Done done) {
  return Add({.freshness = freshness,
              .deadline = clock_.Mono() + timeout,
              .read = std::move(read),
              .run = [this](auto step) { executor_.Post(std::move(step)); },
              .done = std::move(done)});
}

uint64_t FreshReader::Add(FreshRead::Request request) {
  uint64_t number = 0;
  std::shared_ptr<FreshRead> added;
  bool stopped = false;
  {
    MutexLock lock(mu_);
    number = ++numbers_;
    request.done = [this, number, done = std::move(request.done)](auto result) {
      done(std::move(result));
      MutexLock ended(mu_);
      reads_.erase(number);
      ended_.NotifyAll();
    };
    added = std::make_shared<FreshRead>(node_, std::move(request));
    reads_.emplace(number, added);
    stopped = stopped_;
  }
  // Told as a step, like every other end.
  stopped ? added->Cancel(Closing()) : added->Begin();
  return number;
}

void FreshReader::Cancel(uint64_t number) {
  Cancel(number, absl::CancelledError("the read was cancelled"));
}

void FreshReader::Cancel(uint64_t number, const absl::Status& why) {
  std::shared_ptr<FreshRead> read;
  {
    MutexLock lock(mu_);
    if (const auto it = reads_.find(number); it != reads_.end())
      read = it->second;
  }
  if (read) read->Cancel(why);
}

void FreshReader::Stop() {
  std::vector<std::shared_ptr<FreshRead>> waiting;
  {
    MutexLock lock(mu_);
    stopped_ = true;
    for (const auto& [number, read] : reads_) waiting.push_back(read);
  }
  for (const auto& read : waiting) read->Cancel(Closing());
  MutexLock lock(mu_);
  while (!reads_.empty()) ended_.Wait(mu_);
}

}  // namespace vigil
