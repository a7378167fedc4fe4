#include "vigil/expiry.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"

namespace vigil {
namespace {

constexpr absl::Duration kUnit = absl::Milliseconds(1);

// Zero stands for "never", so the first moment of 1970 becomes the one after it.
WallTime At(int64_t ms) { return {std::max<int64_t>(ms, 1)}; }

}  // namespace

absl::StatusOr<WallTime> ExpiryOf(absl::Duration ttl, absl::Time expires_at,
                                  bool keep, const Clock& clock) {
  if (ttl < absl::ZeroDuration()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "ttl is '", absl::FormatDuration(ttl), "'; allowed: 0 or more"));
  }
  const bool has_ttl = ttl > absl::ZeroDuration();
  const bool has_time = expires_at != absl::InfiniteFuture();
  if (has_ttl + has_time + keep > 1) {
    return absl::InvalidArgumentError(
        "more than one of ttl, expires_at and keep_ttl is given");
  }
  if (has_time) {
    const absl::Duration since = expires_at - absl::UnixEpoch();
    return At(absl::ToInt64Milliseconds(absl::Ceil(since, kUnit)));
  }
  if (!has_ttl || ttl == absl::InfiniteDuration()) return WallTime{};
  const int64_t ttl_ms = absl::ToInt64Milliseconds(absl::Ceil(ttl, kUnit));
  const int64_t now_ms = clock.Wall().ms;
  const int64_t room = std::numeric_limits<int64_t>::max() - now_ms;
  return At(now_ms + std::min(ttl_ms, room));
}

absl::Time ToTime(WallTime expires_at) {
  return expires_at == WallTime{} ? absl::InfiniteFuture()
                                  : absl::FromUnixMillis(expires_at.ms);
}

Value ToValue(engine::Entry&& entry) {
  return {.data = std::move(entry.value),
          .version = entry.version,
          .expires_at = ToTime(entry.expires_at)};
}

}  // namespace vigil
