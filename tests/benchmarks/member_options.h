// What a member in a process of its own is told on its command line, and what the
// measurement's own member is told alike.
#ifndef VIGIL_TESTS_BENCHMARKS_MEMBER_OPTIONS_H_
#define VIGIL_TESTS_BENCHMARKS_MEMBER_OPTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "vigil/options.h"

namespace vigil::bench::member {

// Zero: as it is by default.
struct MemberOptions {
  std::string node;      // its name
  std::string members;   // "a=127.0.0.1:7001,b=..."
  std::string data_dir;  // empty: memory only
  int priority = 100;
  absl::Duration checkpoint_period;
  int log_disk_mib = 0;
  int unreplicated_mib = 0;
  int min_replicas = 0;
  absl::Duration min_replicas_max_lag;
  bool keeps_writes = false;  // forwards none
};

// The two directions.
std::vector<std::string> ToArguments(const MemberOptions& options);
absl::StatusOr<MemberOptions> ParseMemberOptions(
    const std::vector<std::string>& arguments);

// Of the node, but for what it calls back.
Options ToOptions(const MemberOptions& options);

}  // namespace vigil::bench::member

#endif  // VIGIL_TESTS_BENCHMARKS_MEMBER_OPTIONS_H_
