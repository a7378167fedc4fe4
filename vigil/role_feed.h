// RoleFeed: the subscribers to a node's role.
//
// Level-triggered: each is given the present view when it subscribes and the
// latest view after that, never a stale one after a newer one; a slow
// subscriber misses views in between, never the last one.
#ifndef VIGIL_ROLE_FEED_H_
#define VIGIL_ROLE_FEED_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "engine/base/mutex.h"
#include "vigil/executor.h"
#include "vigil/node.h"
#include "vigil/status.h"

namespace vigil {

// Thread-safe. Subscriptions may outlive the feed, which may outlive its
// executor's end: nothing is delivered then.
class RoleFeed {
 public:
  // `executor` outlives the feed.
  explicit RoleFeed(Executor& executor);

  void Publish(const RoleView& view);
  Subscription Subscribe(std::function<void(const RoleView&)> listener);
  RoleView latest() const;

 private:
  struct Listener;
  struct State;

  void Post();
  static void Deliver(State& state);

  Executor& executor_;
  const std::shared_ptr<State> state_;
};

}  // namespace vigil

#endif  // VIGIL_ROLE_FEED_H_
