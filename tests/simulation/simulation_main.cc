// Runs seeds; see tests/simulation/run --help.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/simulation/seeded.h"
#include "tests/simulation/simulation.h"

namespace vigil::simulation {
namespace {

struct Arguments {
  uint64_t first = 1;
  uint64_t seeds = 1;
  bool trace = false;
  bool list = false;
  std::string bug;
  std::vector<std::string> weather;
};

bool Parse(int argc, char** argv, Arguments& arguments) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    if (flag == "--list") {
      arguments.list = true;
      continue;
    }
    if (i + 1 == argc) return false;
    const char* const value = argv[++i];
    if (flag == "--seed") {
      arguments.first = std::strtoull(value, nullptr, 10);
    } else if (flag == "--seeds") {
      arguments.seeds = std::strtoull(value, nullptr, 10);
    } else if (flag == "--trace") {
      arguments.trace = std::string_view(value) != "0";
    } else if (flag == "--bug") {
      arguments.bug = value;
    } else if (flag == "--weather") {
      if (!Weather{}.MakeSureOf(value)) return false;
      arguments.weather.emplace_back(value);
    } else {
      return false;
    }
  }
  return true;
}

void List() {
  for (const seeded::Bug& bug : seeded::Bugs()) {
    std::printf("%s (pitfall %s)\n    %s\n", bug.name.c_str(),
                bug.pitfall.c_str(), bug.what.c_str());
  }
}

// False: there is no such bug.
bool Choose(const Arguments& arguments, Simulation::Options& options) {
  options.weather = arguments.weather;
  if (arguments.bug.empty()) return true;
  for (const seeded::Bug& bug : seeded::Bugs()) {
    if (bug.name != arguments.bug) continue;
    seeded::chosen = bug.name;
    options.weather.insert(options.weather.end(), bug.weather.begin(),
                           bug.weather.end());
    return true;
  }
  return false;
}

// What runs this seed again, and tells what happens.
std::string Replay(const Arguments& arguments, uint64_t seed) {
  std::string command =
      absl::StrCat("tests/simulation/run --seed ", seed, " --trace 1");
  if (!arguments.bug.empty())
    absl::StrAppend(&command, " --bug ", arguments.bug);
  for (const std::string& kind : arguments.weather)
    absl::StrAppend(&command, " --weather ", kind);
  return command;
}

struct Sum {
  Outcome of;
  uint64_t violations = 0;
  uint64_t waiting = 0;

  void Add(const Outcome& run) {
    of.operations += run.operations;
    of.digest = of.digest * 31 + run.digest;
    of.reads += run.reads;
    of.changes += run.changes;
    of.acknowledged += run.acknowledged;
    of.promotions += run.promotions;
    of.dropped += run.dropped;
    of.full_syncs += run.full_syncs;
    of.rewinds += run.rewinds;
    for (const auto& [kind, times] : run.faults) of.faults[kind] += times;
    waiting += run.waits_for_operator ? 1 : 0;
    violations += run.violation.empty() ? 0 : 1;
  }
};

std::string Json(const Arguments& arguments, const Sum& sum) {
  std::string faults;
  for (const auto& [kind, times] : sum.of.faults) {
    absl::StrAppend(&faults, faults.empty() ? "" : ",", "\"", kind,
                    "\":", times);
  }
  return absl::StrCat(
      "{\"seeds\":", arguments.seeds, ",\"bug\":\"", arguments.bug,
      "\",\"operations\":", sum.of.operations, ",\"reads\":", sum.of.reads,
      ",\"changes\":", sum.of.changes,
      ",\"acknowledged\":", sum.of.acknowledged,
      ",\"promotions\":", sum.of.promotions, ",\"dropped\":", sum.of.dropped,
      ",\"full_syncs\":", sum.of.full_syncs, ",\"rewinds\":", sum.of.rewinds,
      ",\"waiting_for_operator\":", sum.waiting, ",\"digest\":", sum.of.digest,
      ",\"faults\":{", faults, "},\"violations\":", sum.violations, "}");
}

int Run(const Arguments& arguments) {
  Simulation::Options options{.trace = arguments.trace ? stderr : nullptr};
  if (!Choose(arguments, options)) {
    std::fprintf(stderr, "no such bug: %s\n", arguments.bug.c_str());
    return 2;
  }
  Sum sum;
  for (uint64_t i = 0; i < arguments.seeds; ++i) {
    const uint64_t seed = arguments.first + i;
    const Outcome outcome = Simulation(seed, options).Run();
    sum.Add(outcome);
    if (outcome.violation.empty()) continue;
    std::fprintf(stderr, "seed %llu: %s\n  %s\n",
                 static_cast<unsigned long long>(seed),
                 outcome.violation.c_str(), Replay(arguments, seed).c_str());
  }
  std::printf("%s\n", Json(arguments, sum).c_str());
  return sum.violations == 0 ? 0 : 1;
}

}  // namespace
}  // namespace vigil::simulation

int main(int argc, char** argv) {
  vigil::simulation::Arguments arguments;
  if (!vigil::simulation::Parse(argc, argv, arguments)) return 2;
  if (arguments.list) return vigil::simulation::List(), 0;
  return vigil::simulation::Run(arguments);
}
