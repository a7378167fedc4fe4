#include "examples/three_node_demo/node_process_options.h"

#include "absl/strings/str_cat.h"
#include "examples/three_node_demo/flags.h"

namespace vigil::demo {
namespace {

FlagSet Declare(NodeProcessOptions& o) {
  FlagSet flags;
  flags.Add("node", &o.node, "NAME", "");
  flags.Add("members", &o.members, "NAME=ADDRESS,...", "");
  flags.Add("data-dir", &o.data_dir, "DIR", "");
  flags.Add("input", &o.input, "FILE", "");
  flags.Add("down-after", &o.down_after, absl::ZeroDuration(), absl::Hours(1),
            "");
  flags.Add("incarnation", &o.incarnation, 0, 1'000'000, "");
  flags.Add("writers", &o.writers, 1, 64, "");
  flags.Add("writes-per-second", &o.writes_per_second, 1, 100'000, "");
  flags.Add("seed", &o.seed, "");
  return flags;
}

}  // namespace

std::vector<std::string> ToArguments(const NodeProcessOptions& o) {
  return {kNodeProcessArgument,
          "--node=" + o.node,
          "--members=" + o.members,
          "--data-dir=" + o.data_dir,
          "--input=" + o.input,
          "--down-after=" + absl::FormatDuration(o.down_after),
          absl::StrCat("--incarnation=", o.incarnation),
          absl::StrCat("--writers=", o.writers),
          absl::StrCat("--writes-per-second=", o.writes_per_second),
          absl::StrCat("--seed=", o.seed)};
}

absl::StatusOr<NodeProcessOptions> ParseNodeProcessOptions(
    const std::vector<std::string>& arguments) {
  NodeProcessOptions o;
  const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
  if (absl::Status s = Declare(o).Parse(rest); !s.ok()) return s;
  return o;
}

}  // namespace vigil::demo
