#include "engine/slow_log.h"

#include <algorithm>
#include <utility>

namespace vigil::engine {

SlowLog::SlowLog(const SlowLogOptions& options, const Clock& clock)
    : threshold_ns_(options.max_length == 0
                        ? INT64_MAX
                        : absl::ToInt64Nanoseconds(options.threshold)),
      max_length_(options.max_length),
      clock_(clock) {}

void SlowLog::Add(OperationKind kind, int64_t took_ns, std::string_view key,
                  size_t value_bytes) {
  Entry entry{.ended = clock_.Wall(),
              .took = absl::Nanoseconds(took_ns),
              .kind = kind,
              .key = std::string(key.substr(0, kKeyBytes)),
              .key_bytes = key.size(),
              .value_bytes = value_bytes};
  MutexLock lock(mu_);
  entry.id = next_id_++;
  if (entries_.size() >= max_length_) entries_.pop_back();
  entries_.push_front(std::move(entry));
}

std::vector<SlowLog::Entry> SlowLog::Newest(size_t max) const {
  MutexLock lock(mu_);
  const size_t n = std::min(max, entries_.size());
  return {entries_.begin(), entries_.begin() + static_cast<ptrdiff_t>(n)};
}

size_t SlowLog::size() const {
  MutexLock lock(mu_);
  return entries_.size();
}

void SlowLog::Reset() {
  MutexLock lock(mu_);
  entries_.clear();
}

}  // namespace vigil::engine
