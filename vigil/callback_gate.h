// CallbackGate: lets calls of the application through until it is closed. So a thread
// that is left behind, because the disk does not answer, can call it no more.
//
// Thread-safety: thread-safe. No lock is held during a call.
#ifndef VIGIL_CALLBACK_GATE_H_
#define VIGIL_CALLBACK_GATE_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

#include "engine/base/mutex.h"

namespace vigil {

class CallbackGate {
 public:
  // `call` behind `gate`; empty if `call` is.
  template <typename... Args>
  static std::function<void(Args...)> Guard(std::shared_ptr<CallbackGate> gate,
                                            std::function<void(Args...)> call) {
    if (!call) return {};
    return [gate = std::move(gate), call = std::move(call)](Args... args) {
      if (!gate->Enter()) return;
      call(std::forward<Args>(args)...);
      gate->Leave();
    };
  }

  // Waits for the calls under way; after that none is made. REQUIRES: not in such a
  // call. Idempotent.
  void Close() {
    MutexLock lock(mu_);
    closed_ = true;
    while (calls_ > 0) left_.Wait(mu_);
  }

 private:
  bool Enter() {
    MutexLock lock(mu_);
    if (!closed_) ++calls_;
    return !closed_;
  }
  void Leave() {
    MutexLock lock(mu_);
    if (--calls_ == 0) left_.NotifyAll();
  }

  Mutex mu_;
  CondVar left_;
  size_t calls_ ABSL_GUARDED_BY(mu_) = 0;
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace vigil

#endif  // VIGIL_CALLBACK_GATE_H_
