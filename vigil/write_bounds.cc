#include "vigil/write_bounds.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace vigil {

WriteBounds BoundsIn(const Options& options) {
  return {.operations = options.max_unreplicated_operations,
          .bytes = options.max_unreplicated_bytes,
          .time = options.max_unreplicated_time,
          .then = options.on_unreplicated};
}

UnreplicatedStatus UnreplicatedAt(const replication::UnreplicatedFrom& from,
                                  uint64_t last, uint64_t bytes, MonoTime now) {
  // The numbers were read one after the other.
  if (last <= from.index) return {};
  UnreplicatedStatus status{
      .operations = last - from.index,
      .bytes = bytes - std::min(bytes, from.bytes),
  };
  if (from.since < now) status.age = now - from.since;
  return status;
}

std::string ReachedBound(const UnreplicatedStatus& unreplicated,
                         const WriteBounds& bounds) {
  if (bounds.operations != 0 && unreplicated.operations >= bounds.operations) {
    return absl::StrCat(unreplicated.operations,
                        " operations are not replicated yet; "
                        "max_unreplicated_operations is ",
                        bounds.operations);
  }
  if (bounds.bytes != 0 && unreplicated.bytes >= bounds.bytes) {
    return absl::StrCat(
        unreplicated.bytes,
        " bytes are not replicated yet; max_unreplicated_bytes is ",
        bounds.bytes);
  }
  if (bounds.time > absl::ZeroDuration() && unreplicated.age >= bounds.time) {
    return absl::StrCat("an operation is not replicated after ",
                        absl::FormatDuration(unreplicated.age),
                        "; max_unreplicated_time is ",
                        absl::FormatDuration(bounds.time));
  }
  return {};
}

}  // namespace vigil
