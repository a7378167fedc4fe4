// Expirer: deletes the keys whose time is over, on the master.
//
// It goes through the shards, and in them through the segments that hold something
// due, which their notes tell. Each deletion is a record of its own. Nobody waits
// for it longer than a part of one segment takes.
//
// Time: expiry by the clock given. Thread-safety: one caller at a time.
// Lifetime: what the constructor gets outlives it.
#ifndef VIGIL_ENGINE_EXPIRER_H_
#define VIGIL_ENGINE_EXPIRER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "engine/base/clock.h"
#include "engine/data_set.h"
#include "engine/log.h"

namespace vigil::engine {

class Expirer {
 public:
  Expirer(DataSet& data, Log& log, const Clock& clock)
      : data_(data), log_(log), clock_(clock) {}

  // Goes on where the last call stopped, until all shards were gone through (true),
  // or until `deadline` of SystemClock has passed, the log has no room, or this
  // node is not the master (false).
  bool RunUntil(MonoTime deadline);

  uint64_t expired() const { return expired_; }  // keys, since the start

 private:
  // Deletes some at the present place. False: not possible now.
  bool DeleteSome(WallTime now);

  DataSet& data_;
  Log& log_;
  const Clock& clock_;
  size_t shard_ = 0;
  uint64_t position_ = 0;
  std::atomic<uint64_t> expired_{0};
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_EXPIRER_H_
