#include "vigil/role_feed.h"

#include <thread>
#include <utility>

namespace vigil {

struct RoleFeed::Listener {
  std::function<void(const RoleView&)> call;
  uint64_t delivered = 0;  // version
};

struct RoleFeed::State {
  mutable Mutex mu;
  CondVar call_ended;
  bool posted ABSL_GUARDED_BY(mu) = false;  // a delivery waits
  RoleView view ABSL_GUARDED_BY(mu);
  uint64_t version ABSL_GUARDED_BY(mu) = 1;
  std::vector<std::shared_ptr<Listener>> listeners ABSL_GUARDED_BY(mu);
  // The listener that is being called, and on which thread.
  const Listener* calling ABSL_GUARDED_BY(mu) = nullptr;
  std::thread::id caller ABSL_GUARDED_BY(mu);
};

RoleFeed::RoleFeed(Executor& executor)
    : executor_(executor), state_(std::make_shared<State>()) {}

void RoleFeed::Publish(const RoleView& view) {
  {
    MutexLock lock(state_->mu);
    if (view == state_->view) return;
    state_->view = view;
    ++state_->version;
  }
  Post();
}

RoleView RoleFeed::latest() const {
  MutexLock lock(state_->mu);
  return state_->view;
}

Subscription RoleFeed::Subscribe(
    std::function<void(const RoleView&)> listener) {
  auto added = std::make_shared<Listener>();
  added->call = std::move(listener);
  {
    MutexLock lock(state_->mu);
    state_->listeners.push_back(added);
  }
  Post();
  return Subscription([state = state_, added] {
    MutexLock lock(state->mu);
    std::erase(state->listeners, added);
    // Wait for a call that runs, unless it is the one that cancels itself.
    while (state->calling == added.get() &&
           state->caller != std::this_thread::get_id()) {
      state->call_ended.Wait(state->mu);
    }
  });
}

// One delivery that waits tells all that there is until it begins.
void RoleFeed::Post() {
  {
    MutexLock lock(state_->mu);
    if (std::exchange(state_->posted, true)) return;
  }
  executor_.Post([state = state_] {
    {
      MutexLock lock(state->mu);
      state->posted = false;
    }
    Deliver(*state);
  });
}

// Calls everyone who has not seen the latest view, one after the other.
void RoleFeed::Deliver(State& state) {
  while (true) {
    std::shared_ptr<Listener> next;
    RoleView view;
    {
      MutexLock lock(state.mu);
      for (const std::shared_ptr<Listener>& listener : state.listeners) {
        if (listener->delivered < state.version) next = listener;
      }
      if (next == nullptr) return;
      next->delivered = state.version;
      view = state.view;
      state.calling = next.get();
      state.caller = std::this_thread::get_id();
    }
    next->call(view);
    MutexLock lock(state.mu);
    state.calling = nullptr;
    state.call_ended.NotifyAll();
  }
}

}  // namespace vigil
