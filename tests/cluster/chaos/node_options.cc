#include "tests/cluster/chaos/node_options.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "examples/three_node_demo/flags.h"

namespace vigil::chaos {
namespace {

demo::FlagSet Declare(NodeOptions& o) {
  demo::FlagSet flags;
  flags.Add("node", &o.node, "NAME", "");
  flags.Add("members", &o.members, "NAME=ADDRESS,...", "");
  flags.Add("data-dir", &o.data_dir, "DIR", "");
  flags.Add("down-after", &o.down_after, absl::ZeroDuration(), absl::Hours(1),
            "");
  flags.Add("incarnation", &o.incarnation, 0, 1'000'000, "");
  flags.Add("writes-per-second", &o.writes_per_second, 1, 100'000, "");
  return flags;
}

}  // namespace

std::vector<std::string> ToArguments(const NodeOptions& o) {
  return {"--node=" + o.node,
          "--members=" + o.members,
          "--data-dir=" + o.data_dir,
          "--down-after=" + absl::FormatDuration(o.down_after),
          absl::StrCat("--incarnation=", o.incarnation),
          absl::StrCat("--writes-per-second=", o.writes_per_second)};
}

absl::StatusOr<NodeOptions> ParseNodeOptions(
    const std::vector<std::string>& arguments) {
  NodeOptions o;
  if (absl::Status s = Declare(o).Parse(arguments); !s.ok()) return s;
  return o;
}

Options ToOptions(const NodeOptions& o) {
  Options options;
  options.group = "chaos";
  options.node_id = o.node;
  for (const absl::string_view member : absl::StrSplit(o.members, ',')) {
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(member, absl::MaxSplits('=', 1));
    options.members.push_back({parts.first, parts.second});
  }
  options.data_dir = o.data_dir;
  options.sentinel.down_after = o.down_after;
  options.value_bytes_max = 1 << 20;
  options.log_memory_bytes = kLogBytes;
  options.log_disk_bytes = kLogBytes;
  // Else the log on disk is held for the next one.
  options.checkpoint_period = absl::Milliseconds(500);
  options.close_timeout = absl::Seconds(5);
  return options;
}

}  // namespace vigil::chaos
