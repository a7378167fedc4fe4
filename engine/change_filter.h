// ChangeFilter: the changes of keys in a run of the log, as a subscriber wants them.
//
// Pure. A record is an effect already; here it only gets its name, and what is the
// engine's own is left out. The effects of a batch stand together and share its index.
#ifndef VIGIL_ENGINE_CHANGE_FILTER_H_
#define VIGIL_ENGINE_CHANGE_FILTER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/clock.h"
#include "engine/databases.h"
#include "engine/storage.h"

namespace vigil::engine {

// Bits, so that a set of them is a mask.
enum class ChangeKind : uint8_t {
  kSet = 1,  // has this value and expiry now: also after an Append or an Expire
  kDeleted = 2,   // by a command
  kExpired = 4,   // deleted because its time was over
  kEvicted = 8,   // deleted because memory was needed
  kFlushed = 16,  // the whole database was emptied
};
inline constexpr uint32_t kAllChangeKinds = 31;

// The views point into the log slice.
struct ChangeView {
  uint64_t index = 0;  // of the record: the version of the entry that it made
  ChangeKind kind = ChangeKind::kSet;
  uint8_t database = 0;    // the application's number
  std::string_view key;    // empty for kFlushed
  std::string_view value;  // of kSet
  WallTime expires_at;     // of kSet; zero: never
};

struct ChangeFilter {
  // A flush passes any prefix: it concerns every key.
  std::string key_prefix;
  uint32_t kinds = kAllChangeKinds;
  std::optional<uint8_t> database;  // none: all

  bool Passes(const ChangeView& change) const;
};

// What passes of the records up to index `upto`, in order. `numbers` are those before
// the slice, and afterwards those at its end: databases are swapped by records.
// kDataLoss when the bytes are not records.
absl::StatusOr<std::vector<ChangeView>> FilterChanges(
    const LogSlice& slice, uint64_t upto, const ChangeFilter& filter,
    DatabaseNumbers& numbers);

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_CHANGE_FILTER_H_
