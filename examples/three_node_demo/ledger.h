// Ledger: what the data must hold at the end, written down as it is
// acknowledged.
//
// For each key: the last acknowledged value, and the values whose writes began
// after that and have no outcome. The final value must be one of those. A write
// of unknown outcome that was followed by an acknowledged one of the same key
// is no excuse: the later write is above it in the log.
#ifndef VIGIL_EXAMPLES_THREE_NODE_DEMO_LEDGER_H_
#define VIGIL_EXAMPLES_THREE_NODE_DEMO_LEDGER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"

namespace vigil::demo {

// What one node's data set lacks, or has too much.
struct Findings {
  std::vector<std::string> lost;  // keys whose acknowledged value is not there
  std::vector<std::string> unexpected;  // keys with a value that was refused,
                                        // or that nobody wrote
};

class Ledger {
 public:
  // The writes of one key are reported in the order in which they were made.
  void Tried(const std::string& key, std::string_view value);
  // The outcome of the last write tried of `key`; without one it stays unknown.
  void Acknowledged(const std::string& key);
  void Refused(const std::string& key);

  uint64_t acknowledged() const { return acknowledged_; }
  // Writes without an outcome; while the load runs, also those in flight.
  uint64_t unknown() const { return tried_ - acknowledged_ - refused_; }

  // Compares with the data set in a file (data_set.h).
  absl::StatusOr<Findings> Check(const std::string& path) const;

 private:
  // Values are remembered by their hash: the input may be larger than memory
  // twice.
  struct Entry {
    std::optional<size_t> acknowledged;
    std::vector<size_t> open;  // tried since, without an outcome
  };
  static bool Explains(const Entry& entry, size_t value_hash);

  absl::flat_hash_map<std::string, Entry> entries_;
  uint64_t tried_ = 0;
  uint64_t acknowledged_ = 0;
  uint64_t refused_ = 0;
};

}  // namespace vigil::demo

#endif  // VIGIL_EXAMPLES_THREE_NODE_DEMO_LEDGER_H_
