// SlowLog: the operations that took longest lately, as Redis' SLOWLOG.
//
// Thread-safety: thread-safe. Note() takes no lock for an operation that was not slow.
// Memory: at most max_length entries, each with up to kKeyBytes of its key.
#ifndef VIGIL_ENGINE_SLOW_LOG_H_
#define VIGIL_ENGINE_SLOW_LOG_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "engine/base/clock.h"
#include "engine/base/mutex.h"
#include "engine/operation_stats.h"
#include "engine/options.h"

namespace vigil::engine {

class SlowLog {
 public:
  static constexpr size_t kKeyBytes = 128;

  struct Entry {
    uint64_t id = 0;  // rises by one, also across Reset()
    WallTime ended;
    absl::Duration took;
    OperationKind kind = OperationKind::kGet;
    std::string key;  // its first kKeyBytes
    size_t key_bytes = 0;
    size_t value_bytes = 0;
  };

  // `clock` outlives the log.
  SlowLog(const SlowLogOptions& options, const Clock& clock);

  // To be called for each timed operation, when it has ended.
  void Note(OperationKind kind, int64_t took_ns, std::string_view key,
            size_t value_bytes) {
    if (took_ns >= threshold_ns_) Add(kind, took_ns, key, value_bytes);
  }

  // Newest first.
  std::vector<Entry> Newest(size_t max) const;
  size_t size() const;
  void Reset();

 private:
  void Add(OperationKind kind, int64_t took_ns, std::string_view key,
           size_t value_bytes);

  const int64_t threshold_ns_;
  const size_t max_length_;
  const Clock& clock_;

  mutable Mutex mu_;
  std::deque<Entry> entries_ ABSL_GUARDED_BY(mu_);  // newest first
  uint64_t next_id_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_SLOW_LOG_H_
