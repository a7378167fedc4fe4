#include "engine/base/limit.h"

#include <utility>

namespace vigil {

Limit Limit::In(absl::Duration timeout, std::stop_token stop) {
  return {.deadline = SystemClock().Mono() + timeout, .stop = std::move(stop)};
}

absl::Status Limit::Check() const {
  if (stop.stop_requested()) return absl::CancelledError("it was cancelled");
  if (SystemClock().Mono() >= deadline)
    return absl::DeadlineExceededError("its time is over");
  return absl::OkStatus();
}

}  // namespace vigil
