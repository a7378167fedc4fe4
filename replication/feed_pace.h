// FeedPace: when the next records of a stream to a replica are sent.
//
// A message costs both ends far more than a record in it. So while one is on its way,
// what is written gathers, until the replica has acknowledged that one, or there is enough
// for a message of its own, or a millisecond has passed. One writer who waits for the
// replicas finds nothing on its way; sixty-four of them share messages.
//
// Thread-safety: Acknowledged() from any thread, the rest from the feeder's.
#ifndef VIGIL_REPLICATION_FEED_PACE_H_
#define VIGIL_REPLICATION_FEED_PACE_H_

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"
#include "engine/base/clock.h"
#include "engine/base/signal.h"

namespace vigil::replication {

class FeedPace {
 public:
  // What a message of `message_bytes` costs is no more than its bytes do, and half of one is
  // all that surely comes together.
  explicit FeedPace(size_t message_bytes)
      : enough_bytes_(std::min(kEnoughBytes, message_bytes / 2)) {}

  // The replica holds the log up to `held`.
  void Acknowledged(uint64_t held) {
    held_ = held;
    acknowledged_.Notify();
  }

  // Records up to `last` are on their way.
  void Sent(uint64_t last, MonoTime now) {
    sent_last_ = last;
    sent_ = now;
  }

  // False: as many bytes may go now. True: it has waited, and there may be more by now.
  bool Gather(size_t bytes, MonoTime now) {
    const uint64_t seen = acknowledged_.Seen();
    const MonoTime until = sent_ + kGather;
    if (held_ >= sent_last_ || bytes >= enough_bytes_ || now >= until)
      return false;
    acknowledged_.WaitPast(seen, until);
    return true;
  }

 private:
  // A replica may take longer to acknowledge: its disk. Others do not wait for that.
  static constexpr absl::Duration kGather = absl::Milliseconds(1);
  static constexpr size_t kEnoughBytes = 64 << 10;

  const size_t enough_bytes_;
  std::atomic<uint64_t> held_{0};
  Signal acknowledged_;
  uint64_t sent_last_ = 0;
  MonoTime sent_;
};

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_FEED_PACE_H_
