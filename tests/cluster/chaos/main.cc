// chaos: three nodes in three processes, each with a network and a disk of its own, a
// steady load, and everything that can be done to them. --help says how to use it.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "examples/three_node_demo/flags.h"
#include "examples/three_node_demo/signals.h"
#include "examples/three_node_demo/workspace.h"
#include "tests/cluster/chaos/faults.h"
#include "tests/cluster/chaos/group.h"
#include "tests/cluster/chaos/namespaces.h"
#include "tests/cluster/chaos/network.h"
#include "tests/cluster/chaos/sandbox.h"
#include "tests/cluster/chaos/storm.h"

namespace vigil::chaos {
namespace {

constexpr int kNodes = 3;
constexpr int kWrongOptions = 2;
constexpr int kInterrupted = 130;  // what a shell reports after Ctrl-C

struct Flags {
  bool help = false;
  bool loopback = false;
  int seconds = 60;
  int failovers = 0;
  uint64_t seed = 0;
  std::string faults;
  std::string dir;
  absl::Duration longest = StormOptions().longest;
  int writes_per_second = 600;
};

demo::FlagSet Declare(Flags& f) {
  demo::FlagSet flags;
  flags.Add("help", &f.help, "Prints this.");
  flags.Add("seconds", &f.seconds, 1, 86'400,
            "How long faults are injected; checks come on top.");
  flags.Add("failovers", &f.failovers, 0, 1'000'000,
            "Until there were so many, however long that takes; 0: does not "
            "count.");
  flags.Add("seed", &f.seed,
            "Which faults, on whom, in which order; 0: any. When the machine "
            "does them "
            "differs from run to run.");
  flags.Add("faults", &f.faults, "NAME,...",
            absl::StrCat("Only these of ",
                         absl::StrJoin(Faults::AllKinds(), ", "), "."));
  flags.Add(
      "longest", &f.longest, absl::Milliseconds(200), absl::Minutes(10),
      "No fault lasts longer. Nodes take each other for dead after 0.5 s.");
  flags.Add("loopback", &f.loopback,
            "Without namespaces, as on a machine that has none.");
  flags.Add("writes-per-second", &f.writes_per_second, 3, 100'000,
            "Of each node, at most.");
  flags.Add("dir", &f.dir, "DIR",
            "An empty or new folder for logs, which is kept.");
  return flags;
}

void Say(const std::string& line) {
  std::fprintf(
      stderr, "%s %s\n",
      absl::FormatTime("%H:%M:%E3S", absl::Now(), absl::LocalTimeZone())
          .c_str(),
      line.c_str());
}

int Complain(const absl::Status& status, int exit_status) {
  std::fprintf(stderr, "chaos: %s\n", status.ToString().c_str());
  return exit_status;
}

// Beside this program.
std::string NodeProgram() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return (self.parent_path() / "chaos_node").string();
}

// The sandbox and its network, or, where the machine does not allow that, the loopback
// device. `sandbox`: there is one.
absl::StatusOr<std::unique_ptr<Network>> MakeNetwork(const Flags& flags,
                                                     const std::string& folder,
                                                     bool& sandbox) {
  if (flags.loopback) return MakeLoopback(kNodes);
  absl::Status possible = EnterSandbox();
  sandbox = possible.ok();
  if (sandbox) {
    auto network = Namespaces::Make(kNodes, folder);
    if (network.ok()) return network;
    possible = network.status();
  }
  Say(absl::StrCat("No namespaces here (", std::string(possible.message()),
                   "): loopback, and no faults of the network."));
  return MakeLoopback(kNodes);
}

absl::StatusOr<std::vector<Peer>> MakePeers(const std::string& folder,
                                            bool own_disks) {
  std::vector<Peer> peers(kNodes);
  for (size_t i = 0; i < peers.size(); ++i) {
    peers[i].name = std::string(1, static_cast<char>('a' + i));
    peers[i].dir = absl::StrCat(folder, "/", peers[i].name);
    std::error_code error;
    if (!std::filesystem::create_directory(peers[i].dir, error)) {
      return absl::InternalError(
          absl::StrCat(peers[i].dir, ": ", error.message()));
    }
    auto disk = Disk::Make(peers[i].dir + "/disk", own_disks);
    if (!disk.ok()) return disk.status();
    peers[i].disk = *std::move(disk);
  }
  return peers;
}

// What the nodes said last: the folder is gone soon.
void PrintLogs(const Group& group) {
  constexpr size_t kLines = 40;
  for (int node = 0; node < group.size(); ++node) {
    std::ifstream log(group.at(node).log_path());
    std::vector<std::string> lines;
    for (std::string line; std::getline(log, line);)
      lines.push_back(std::move(line));
    const size_t first = lines.size() > kLines ? lines.size() - kLines : 0;
    std::fprintf(stderr, "-- log of %s, last lines\n",
                 group.at(node).name.c_str());
    for (size_t i = first; i < lines.size(); ++i)
      std::fprintf(stderr, "%s\n", lines[i].c_str());
  }
}

void PrintWrong(const Tally& tally) {
  constexpr size_t kShown = 30;
  std::vector<std::string> wrong = tally.wrong;
  wrong.insert(wrong.end(), tally.balance.violations.begin(),
               tally.balance.violations.end());
  for (size_t i = 0; i < wrong.size() && i < kShown; ++i)
    std::fprintf(stderr, "WRONG %s\n", wrong[i].c_str());
  if (wrong.size() > kShown)
    std::fprintf(stderr, "and %zu more\n", wrong.size() - kShown);
}

absl::Status CheckFaults(const Flags& flags) {
  if (flags.faults.empty()) return absl::OkStatus();
  const std::vector<std::string> known = Faults::AllKinds();
  const std::vector<std::string> wanted = absl::StrSplit(flags.faults, ',');
  for (const std::string& name : wanted) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "--faults: \"", name, "\" is not one of ", absl::StrJoin(known, ", ")));
  }
  return absl::OkStatus();
}

// `arguments`: those that the flags are of.
int Supervise(Flags flags, const std::vector<std::string>& arguments) {
  if (flags.seed == 0) flags.seed = std::random_device()();
  Say(absl::StrCat("seed ", flags.seed));

  // Destroyed from the last to the first: no process writes to a disk that is being
  // unmounted, and nothing is mounted in a folder that is being removed.
  demo::Signals signals;
  auto workspace = demo::Workspace::Create(flags.dir);
  if (!workspace.ok()) return Complain(workspace.status(), kWrongOptions);
  const std::string& folder = (*workspace)->path();
  bool sandbox = false;
  auto network = MakeNetwork(flags, folder, sandbox);
  if (!network.ok()) return Complain(network.status(), EXIT_FAILURE);
  auto peers = MakePeers(folder, sandbox);
  if (!peers.ok()) return Complain(peers.status(), EXIT_FAILURE);

  NodeOptions common{.writes_per_second = flags.writes_per_second};
  for (int node = 0; node < kNodes; ++node) {
    absl::StrAppend(&common.members, node == 0 ? "" : ",",
                    (*peers)[static_cast<size_t>(node)].name, "=",
                    (*network)->AddressOf(node));
  }
  Tally tally{.network = (*network)->name(), .seed = flags.seed};
  Group group(NodeProgram(), *std::move(peers), common, **network, tally);
  group.Watch(signals.fd(), [&] { group.Cancel(signals.Take()); });
  StormOptions options{.time = absl::Seconds(flags.seconds),
                       .longest = flags.longest};
  if (flags.failovers > 0) {
    options.time = absl::InfiniteDuration();
    options.failovers = static_cast<uint64_t>(flags.failovers);
  }
  if (!flags.faults.empty()) options.kinds = absl::StrSplit(flags.faults, ',');
  Storm storm(group, **network, tally, flags.seed, options, Say);

  const absl::Status status = storm.Run();
  if (absl::IsCancelled(status)) return Complain(status, kInterrupted);
  const bool passed = status.ok() && tally.passed();
  if (!passed) {
    PrintLogs(group);
    PrintWrong(tally);
    Say(absl::StrCat("chaos: ", status.ToString()));
    // The last word counts, should there be a seed of 0 among them.
    Say(absl::StrCat("again: tests/cluster/run ", absl::StrJoin(arguments, " "),
                     " --seed ", flags.seed));
  }
  std::printf("%s\n", Json(tally).c_str());
  return passed ? EXIT_SUCCESS : EXIT_FAILURE;
}

int Main(const std::vector<std::string>& arguments) {
  Flags flags;
  const demo::FlagSet declared = Declare(flags);
  if (absl::Status s = declared.Parse(arguments); !s.ok())
    return Complain(s, kWrongOptions);
  if (absl::Status s = CheckFaults(flags); !s.ok())
    return Complain(s, kWrongOptions);
  if (flags.help) {
    std::printf("usage: tests/cluster/run [OPTION...]\n\n%s",
                declared.Help().c_str());
    return EXIT_SUCCESS;
  }
  return Supervise(std::move(flags), arguments);
}

}  // namespace
}  // namespace vigil::chaos

int main(int argc, char** argv) {
  return vigil::chaos::Main(std::vector<std::string>(argv + 1, argv + argc));
}
