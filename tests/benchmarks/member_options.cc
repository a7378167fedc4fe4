#include "tests/benchmarks/member_options.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "examples/three_node_demo/flags.h"

namespace vigil::bench::member {
namespace {

demo::FlagSet Declare(MemberOptions& o) {
  const absl::Duration none = absl::ZeroDuration();
  demo::FlagSet flags;
  flags.Add("node", &o.node, "NAME", "");
  flags.Add("members", &o.members, "NAME=ADDRESS,...", "");
  flags.Add("data-dir", &o.data_dir, "DIR", "");
  flags.Add("priority", &o.priority, 1, 1000, "");
  flags.Add("checkpoint-period", &o.checkpoint_period, none, absl::Hours(1),
            "");
  flags.Add("log-disk-mib", &o.log_disk_mib, 0, 1 << 20, "");
  flags.Add("unreplicated-mib", &o.unreplicated_mib, 0, 1 << 20, "");
  flags.Add("min-replicas", &o.min_replicas, 0, 6, "");
  flags.Add("min-replicas-max-lag", &o.min_replicas_max_lag, none,
            absl::Hours(1), "");
  flags.Add("keeps-writes", &o.keeps_writes, "");
  return flags;
}

}  // namespace

std::vector<std::string> ToArguments(const MemberOptions& o) {
  std::vector<std::string> arguments = {
      "--node=" + o.node,
      "--members=" + o.members,
      "--data-dir=" + o.data_dir,
      absl::StrCat("--priority=", o.priority),
      "--checkpoint-period=" + absl::FormatDuration(o.checkpoint_period),
      absl::StrCat("--log-disk-mib=", o.log_disk_mib),
      absl::StrCat("--unreplicated-mib=", o.unreplicated_mib),
      absl::StrCat("--min-replicas=", o.min_replicas),
      "--min-replicas-max-lag=" + absl::FormatDuration(o.min_replicas_max_lag)};
  if (o.keeps_writes) arguments.push_back("--keeps-writes");
  return arguments;
}

absl::StatusOr<MemberOptions> ParseMemberOptions(
    const std::vector<std::string>& arguments) {
  MemberOptions o;
  if (absl::Status s = Declare(o).Parse(arguments); !s.ok()) return s;
  return o;
}

Options ToOptions(const MemberOptions& o) {
  Options options;
  options.group = "benchmark";
  options.node_id = o.node;
  for (const absl::string_view member : absl::StrSplit(o.members, ',')) {
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(member, absl::MaxSplits('=', 1));
    options.members.push_back({parts.first, parts.second});
  }
  options.data_dir = o.data_dir;
  options.priority = o.priority;
  if (o.checkpoint_period > absl::ZeroDuration())
    options.checkpoint_period = o.checkpoint_period;
  if (o.log_disk_mib > 0)
    options.log_disk_bytes = static_cast<uint64_t>(o.log_disk_mib) << 20;
  if (o.unreplicated_mib > 0) {
    options.max_unreplicated_bytes = static_cast<uint64_t>(o.unreplicated_mib)
                                     << 20;
  }
  options.min_replicas_to_write = o.min_replicas;
  if (o.min_replicas_max_lag > absl::ZeroDuration())
    options.min_replicas_max_lag = o.min_replicas_max_lag;
  options.forward_writes = !o.keeps_writes;
  return options;
}

}  // namespace vigil::bench::member
