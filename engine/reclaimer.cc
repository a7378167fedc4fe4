#include "engine/reclaimer.h"

#include <new>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/no_room.h"

namespace vigil::engine {

void Reclaimer::Give(void* memory, size_t bytes) {
  {
    MutexLock lock(mu_);
    if (!closed_) {
      first_ = new (memory) Waiting{first_, bytes};
      ++waiting_;
      waiting_bytes_ += bytes;
      // Under the lock, because the bell may go after Close().
      bell_.Notify();
      return;
    }
  }
  ::operator delete(memory);
}

void Reclaimer::Drain() {
  Waiting* next = nullptr;
  {
    MutexLock lock(mu_);
    next = std::exchange(first_, nullptr);
  }
  while (next != nullptr) {
    Waiting* const freed = std::exchange(next, next->next);
    const size_t bytes = freed->bytes;
    ::operator delete(freed);
    --waiting_;
    waiting_bytes_ -= bytes;
    ++freed_;
    drained_.Notify();
  }
}

void Reclaimer::Close() {
  {
    MutexLock lock(mu_);
    closed_ = true;
  }
  Drain();
}

absl::Status Reclaimer::AwaitRoom(MonoTime deadline) {
  std::optional<WaitMeter::Wait> wait;
  for (;;) {
    const uint64_t seen = drained_.Seen();
    if (HasRoom()) return absl::OkStatus();
    if (!wait.has_value() && SystemClock().Mono() < deadline)
      wait.emplace(delays_);
    if (drained_.WaitPast(seen, deadline)) continue;
    ++refused_;
    return NoRoomError(
        absl::StrCat(waiting_bytes_.load(),
                     " bytes of values that have gone are still to be freed"));
  }
}

Reclaimer::Counts Reclaimer::counts() const {
  return {.waiting = waiting_,
          .waiting_bytes = waiting_bytes_,
          .freed = freed_,
          .refused = refused_,
          .delays = delays_.waits()};
}

}  // namespace vigil::engine
