// Three nodes in three processes, real data, a steady load, and a master that
// is killed again and again: --help says how to use it, README.md what it
// shows.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "examples/three_node_demo/cluster.h"
#include "examples/three_node_demo/console.h"
#include "examples/three_node_demo/free_port.h"
#include "examples/three_node_demo/interactive.h"
#include "examples/three_node_demo/node_process.h"
#include "examples/three_node_demo/options.h"
#include "examples/three_node_demo/package_file.h"
#include "examples/three_node_demo/scenario.h"
#include "examples/three_node_demo/screen.h"
#include "examples/three_node_demo/signals.h"
#include "examples/three_node_demo/workspace.h"

namespace vigil::demo {
namespace {

constexpr int kWrongOptions = 2;
constexpr int kInterrupted = 130;  // what a shell reports after Ctrl-C

int Complain(const absl::Status& status, int exit_status) {
  std::fprintf(stderr, "three_node_demo: %s\n",
               std::string(status.message()).c_str());
  return exit_status;
}

// A broken input should be refused before anything starts. A machine without a
// package database just has nothing to load; a file that the user named must be
// there.
absl::Status CheckInput(DemoOptions& options) {
  const auto input = ReadInput(options.input);
  if (input.ok()) return absl::OkStatus();
  if (absl::IsNotFound(input.status()) && options.input == kPackageDatabase) {
    options.input.clear();
    return absl::OkStatus();
  }
  return absl::Status(input.status().code(),
                      absl::StrCat("--input: ", input.status().message()));
}

absl::StatusOr<std::vector<Member>> MakeMembers(int count,
                                                const std::string& folder) {
  const auto ports = FreePorts(count);
  if (!ports.ok()) return ports.status();
  std::vector<Member> members(static_cast<size_t>(count));
  for (size_t i = 0; i < members.size(); ++i) {
    members[i].name = std::string(1, static_cast<char>('a' + i));
    members[i].address = absl::StrCat("127.0.0.1:", (*ports)[i]);
    members[i].dir = absl::StrCat(folder, "/", members[i].name);
    std::error_code error;
    if (!std::filesystem::create_directory(members[i].dir, error)) {
      return absl::InternalError(
          absl::StrCat(members[i].dir, ": ", error.message()));
    }
  }
  return members;
}

NodeProcessOptions CommonOptions(const DemoOptions& options,
                                 const std::vector<Member>& members) {
  return {.members = absl::StrJoin(members, ",",
                                   [](std::string* out, const Member& m) {
                                     absl::StrAppend(out, m.name, "=",
                                                     m.address);
                                   }),
          .input = options.input,
          .down_after = options.down_after,
          .writers = options.writers,
          .writes_per_second = options.writes_per_second,
          .seed = options.seed};
}

// `console` is null when the rounds are played.
absl::StatusOr<Outcome> Play(const DemoOptions& options, Cluster& cluster,
                             Screen& screen, Console* console) {
  Scenario scenario(options, cluster, screen);
  if (absl::Status s = scenario.Begin(); !s.ok()) return s;
  const absl::Status played =
      console ? Interactive(cluster, *console, screen).Play()
              : scenario.PlayRounds();
  if (!played.ok()) return played;
  return scenario.End();
}

// What the nodes said last: the folder is gone soon.
void PrintLogs(const Cluster& cluster) {
  constexpr size_t kLines = 15;
  for (int node = 0; node < cluster.size(); ++node) {
    std::ifstream log(cluster.member(node).log_path());
    std::vector<std::string> lines;
    for (std::string line; std::getline(log, line);)
      lines.push_back(std::move(line));
    const size_t first = lines.size() > kLines ? lines.size() - kLines : 0;
    std::fprintf(stderr, "-- log of %s, last lines\n",
                 cluster.member(node).name.c_str());
    for (size_t i = first; i < lines.size(); ++i) {
      std::fprintf(stderr, "%s\n", lines[i].c_str());
    }
  }
}

int Supervise(DemoOptions options) {
  if (absl::Status s = CheckInput(options); !s.ok())
    return Complain(s, kWrongOptions);
  if (options.seed == 0) options.seed = std::random_device()();

  std::unique_ptr<Console> console;
  if (options.interactive) {
    auto opened = Console::Open();
    if (!opened.ok()) return Complain(opened.status(), kWrongOptions);
    console = *std::move(opened);
  }
  // Destroyed from the last to the first: no process writes into a folder that
  // is being removed.
  Signals signals;
  auto workspace = Workspace::Create(options.dir);
  if (!workspace.ok()) return Complain(workspace.status(), kWrongOptions);
  auto members = MakeMembers(options.nodes, (*workspace)->path());
  if (!members.ok()) return Complain(members.status(), EXIT_FAILURE);
  NodeProcessOptions common = CommonOptions(options, *members);
  Screen screen(options.plain);
  Cluster cluster(*std::move(members), std::move(common), screen);
  cluster.Watch(signals.fd(), [&] { cluster.Cancel(signals.Take()); });

  const absl::StatusOr<Outcome> outcome =
      Play(options, cluster, screen, console.get());
  if (!outcome.ok()) {
    const bool cancelled = absl::IsCancelled(outcome.status());
    if (!cancelled) PrintLogs(cluster);
    return Complain(outcome.status(), cancelled ? kInterrupted : EXIT_FAILURE);
  }
  if (!outcome->passed()) PrintLogs(cluster);
  std::printf("\n%s%s\n", Summary(*outcome).c_str(), Json(*outcome).c_str());
  return outcome->passed() ? EXIT_SUCCESS : EXIT_FAILURE;
}

int Main(const std::vector<std::string>& arguments) {
  if (!arguments.empty() && arguments[0] == kNodeProcessArgument) {
    const auto options = ParseNodeProcessOptions(arguments);
    if (!options.ok()) return Complain(options.status(), kWrongOptions);
    return RunNodeProcess(*options);
  }
  auto options = ParseDemoOptions(arguments);
  if (!options.ok()) return Complain(options.status(), kWrongOptions);
  if (options->help) {
    std::printf("%s", DemoHelp().c_str());
    return EXIT_SUCCESS;
  }
  return Supervise(*std::move(options));
}

}  // namespace
}  // namespace vigil::demo

int main(int argc, char** argv) {
  return vigil::demo::Main(std::vector<std::string>(argv + 1, argv + argc));
}
