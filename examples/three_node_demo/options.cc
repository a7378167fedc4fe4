#include "examples/three_node_demo/options.h"

#include "absl/strings/str_cat.h"
#include "examples/three_node_demo/flags.h"

namespace vigil::demo {
namespace {

FlagSet Declare(DemoOptions& o) {
  FlagSet flags;
  flags.Add("nodes", &o.nodes, 3, 5, "How many nodes the group has: 3 or 5.");
  flags.Add("rounds", &o.rounds, 0, 1000, "How many times the fault happens.");
  flags.AddChoice(
      "fault", {"kill", "pause", "replica", "two", "all"}, "kill",
      [&o](size_t choice) { o.fault = static_cast<Fault>(choice); },
      "What happens in each round. kill: SIGKILL of the master, which is "
      "started "
      "again later. pause: SIGSTOP of the master for longer than down_after, "
      "then "
      "SIGCONT. replica: SIGKILL of a replica. two: SIGKILL of the master and "
      "a "
      "replica. all: SIGKILL of every node.");
  flags.Add("round-time", &o.round_time, absl::Milliseconds(500),
            absl::Hours(1),
            "How long the load runs undisturbed before each fault.");
  flags.Add(
      "down-after", &o.down_after, absl::Milliseconds(50), absl::Minutes(10),
      "How long a node may be silent before the others hold it for down.");
  flags.Add("input", &o.input, "FILE",
            "The data to load first: one key<TAB>value a line, or a package "
            "database of Debian (its name ends in /status).");
  flags.Add("writers", &o.writers, 1, 64, "Writing threads, on the master.");
  flags.Add("writes-per-second", &o.writes_per_second, 1, 100000,
            "How many writes all of them try together.");
  flags.Add(
      "seed", &o.seed,
      "Seed of the choices of the demo: which replica, how long. Same seed, "
      "same choices. 0, and the default: another one each time, printed.");
  flags.Add(
      "dir", &o.dir, "DIR",
      "Keep data, logs and final dumps in DIR, which must be empty or new. "
      "Default: a temporary folder that is removed at the end.");
  flags.Add(
      "interactive", &o.interactive,
      "You are the fault: kill, pause, resume and restart nodes by key until "
      "you press q. Needs a terminal.");
  flags.Add(
      "plain", &o.plain,
      "Append lines instead of redrawing, as when the output is no terminal.");
  flags.Add("help", &o.help, "Print this.");
  return flags;
}

}  // namespace

absl::StatusOr<DemoOptions> ParseDemoOptions(
    const std::vector<std::string>& arguments) {
  DemoOptions o;
  if (absl::Status s = Declare(o).Parse(arguments); !s.ok()) return s;
  if (o.nodes == 4) {
    return absl::InvalidArgumentError("--nodes: \"4\" is not 3 or 5");
  }
  if (o.input.empty()) {
    return absl::InvalidArgumentError(
        "--input: \"\" is not the name of a file");
  }
  return o;
}

std::string DemoHelp() {
  DemoOptions defaults;
  return absl::StrCat(
      "Usage: three_node_demo [options]\n"
      "\n"
      "Starts a group of processes that each embed a vigil::Node, loads data, "
      "writes with\nAck::kQuorum and reads without pause, kills or pauses "
      "nodes, and "
      "at the end compares\nwhat every node holds with every write that was "
      "acknowledged.\n"
      "\n"
      "The last line of the output is JSON. Exit status: 0 if nothing "
      "acknowledged "
      "was lost,\nall nodes hold the same data and the expected failovers "
      "happened; 1 "
      "if not; 2 if the\noptions are wrong; 130 if it was interrupted.\n"
      "\n",
      Declare(defaults).Help(),
      "\n"
      "Keys of --interactive: a node's number and a letter, as in 1k.\n"
      "  k kill   p pause   c continue   r restart   q quit, with the final "
      "check\n");
}

}  // namespace vigil::demo
