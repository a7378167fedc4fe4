// LogCollector: cuts the records of one ReadLog call out of stored blobs.
#ifndef VIGIL_ENGINE_LOG_COLLECTOR_H_
#define VIGIL_ENGINE_LOG_COLLECTOR_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "engine/storage.h"

namespace vigil::engine {

// Thread-compatible.
class LogCollector {
 public:
  // Whole records from `from` on, about `bytes_max`, at least one.
  LogCollector(uint64_t from, size_t bytes_max)
      : next_(from), bytes_max_(bytes_max) {}

  // Blobs in order, the first one being the one that holds `from`. Records before
  // `from` are passed over. kDataLoss: damaged, or a gap.
  absl::Status Add(std::string_view blob);

  bool empty() const { return slice_.first == 0; }
  bool full() const { return full_; }
  // kOutOfRange: none of the blobs held `from`.
  absl::StatusOr<LogSlice> Finish();

 private:
  uint64_t next_;
  const size_t bytes_max_;
  bool full_ = false;
  LogSlice slice_;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_LOG_COLLECTOR_H_
