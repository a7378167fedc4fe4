// LocalNetwork: a transport inside one process, for tests of shells: no ports, no delay.
#ifndef VIGIL_TESTS_SENTINEL_LOCAL_NETWORK_H_
#define VIGIL_TESTS_SENTINEL_LOCAL_NETWORK_H_

#include <functional>
#include <map>
#include <string>
#include <utility>

#include "engine/base/mutex.h"
#include "sentinel/transport.h"

namespace vigil::sentinel {

// Thread-safe. Answers come on the thread of whoever answers.
class LocalNetwork final : public Transport {
 public:
  void Attach(const std::string& address, Answerer* answerer) {
    MutexLock lock(mu_);
    answerers_[address] = answerer;
  }

  // From now on its connections are refused. Before the answerer is destroyed.
  void Detach(const std::string& address) {
    MutexLock lock(mu_);
    answerers_.erase(address);
  }

  void Ask(const std::string& address, const Question& question, absl::Duration,
           std::function<void(AskResult)> done) override {
    Answerer* answerer = nullptr;
    {
      MutexLock lock(mu_);
      const auto it = answerers_.find(address);
      if (it != answerers_.end()) answerer = it->second;
    }
    if (answerer == nullptr) {
      return done({absl::UnavailableError("refused"), Failure::kRefused});
    }
    answerer->Answer(question,
                     [done = std::move(done)](absl::StatusOr<Answer> answer) {
                       done({std::move(answer), Failure::kOther});
                     });
  }

 private:
  Mutex mu_;
  std::map<std::string, Answerer*> answerers_ ABSL_GUARDED_BY(mu_);
};

}  // namespace vigil::sentinel

#endif  // VIGIL_TESTS_SENTINEL_LOCAL_NETWORK_H_
