#include "engine/log_collector.h"

#include "absl/strings/str_cat.h"
#include "engine/record.h"

namespace vigil::engine {

absl::Status LogCollector::Add(std::string_view blob) {
  while (!blob.empty() && !full_) {
    const std::string_view before = blob;
    const absl::StatusOr<RecordView> record = DecodeRecord(blob);
    if (!record.ok()) {
      return absl::DataLossError(absl::StrCat("the stored log before record ",
                                              next_, ": ",
                                              record.status().message()));
    }
    if (record->index < next_) continue;
    if (record->index > next_) {
      return absl::DataLossError(absl::StrCat("the stored log has record ",
                                              record->index, " where ", next_,
                                              " must follow"));
    }
    const size_t bytes = before.size() - blob.size();
    if (slice_.first != 0 && slice_.records.size() + bytes > bytes_max_) {
      full_ = true;
      break;
    }
    if (slice_.first == 0) slice_.first = next_;
    slice_.last = next_++;
    slice_.records.append(before.substr(0, bytes));
  }
  if (slice_.records.size() >= bytes_max_) full_ = true;
  return absl::OkStatus();
}

absl::StatusOr<LogSlice> LogCollector::Finish() {
  if (slice_.first == 0) {
    return absl::OutOfRangeError(
        absl::StrCat("the stored log does not hold record ", next_));
  }
  return std::move(slice_);
}

}  // namespace vigil::engine
