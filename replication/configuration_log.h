// ConfigurationLog: which configuration was recorded where in a log. The one in force is
// the last of them that the log has:
//
//   index     1 ...... 2 .................. 57 ........ 63 ...... last
//             epoch    {a b c}              joint       {a b c d}
//
// It may name records that the log does not have yet: an entry is on disk before its
// record can be in the log, so that a log is never without its configuration, and what
// stands above the log's end has not happened. After a truncation that is so by itself.
//
// Value type, thread-compatible.
#ifndef VIGIL_REPLICATION_CONFIGURATION_LOG_H_
#define VIGIL_REPLICATION_CONFIGURATION_LOG_H_

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "replication/configuration.h"

namespace vigil::replication {

class ConfigurationLog {
 public:
  struct Entry {
    uint64_t index = 0;
    Configuration configuration;
    friend bool operator==(const Entry&, const Entry&) = default;
  };

  ConfigurationLog() = default;
  // Before any record. Implicit: a configuration is the log of itself.
  ConfigurationLog(Configuration initial)  // NOLINT
      : entries_{{0, std::move(initial)}} {}
  // Keeps what is in order, so that bytes from outside cannot break the invariant.
  explicit ConfigurationLog(std::vector<Entry> entries);

  // In place of all that stands at `index` or above it.
  void Append(uint64_t index, Configuration configuration);
  // Drops what a log that ends at `last` does not have.
  void TrimTo(uint64_t last);
  // Above `common` it is `other` that counts.
  void Continue(const ConfigurationLog& other, uint64_t common);
  bool Has(const Entry& entry) const;

  // The one in force in a log that ends at `last`.
  const Configuration& At(uint64_t last) const;
  // The last one, whether its record is in the log or not.
  const Configuration& newest() const { return At(UINT64_MAX); }
  uint64_t newest_index() const {
    return entries_.empty() ? 0 : entries_.back().index;
  }

  const std::vector<Entry>& entries() const { return entries_; }
  friend bool operator==(const ConfigurationLog&,
                         const ConfigurationLog&) = default;

 private:
  std::vector<Entry> entries_;  // indexes rise
};

// The kConfiguration records among `records`, which are encoded. None, if they are no
// records: who applies them says so.
std::vector<ConfigurationLog::Entry> ConfigurationsIn(std::string_view records);

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_CONFIGURATION_LOG_H_
