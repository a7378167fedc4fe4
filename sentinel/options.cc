#include "sentinel/options.h"

#include "absl/strings/str_cat.h"

namespace vigil::sentinel {

absl::Status Options::Validate() const {
  if (group.empty()) return absl::InvalidArgumentError("group is empty");
  const bool listed =
      std::any_of(members.begin(), members.end(),
                  [&](const auto& m) { return m.name == name; });
  if (!listed && (!members.empty() || name.empty())) {
    return absl::InvalidArgumentError(
        absl::StrCat("name is \"", name, "\", which is not one of members"));
  }
  if (!id) return absl::InvalidArgumentError("id is zero");
  const int size = static_cast<int>(members.size());
  if (quorum < 0 || (size > 0 && quorum > size)) {
    return absl::InvalidArgumentError(absl::StrCat("quorum is ", quorum,
                                                   "; range: 0 to ", size,
                                                   ", the number of members"));
  }
  if (down_after < absl::Milliseconds(50) || down_after > absl::Hours(1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("down_after is ", absl::FormatDuration(down_after),
                     "; range: 50ms to 1h"));
  }
  if (failover_timeout < down_after || failover_timeout > absl::Hours(1)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "failover_timeout is ", absl::FormatDuration(failover_timeout),
        "; range: down_after to 1h"));
  }
  return absl::OkStatus();
}

}  // namespace vigil::sentinel
