// Runs seeds; see tests/simulation/run --help.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "tests/simulation/simulation.h"

namespace vigil::simulation {
namespace {

struct Arguments {
  uint64_t first = 1;
  uint64_t seeds = 1;
  bool trace = false;
};

int Run(const Arguments& arguments) {
  Outcome sum;
  uint64_t violations = 0;
  uint64_t waiting = 0;
  for (uint64_t i = 0; i < arguments.seeds; ++i) {
    const uint64_t seed = arguments.first + i;
    const Outcome outcome =
        Simulation(seed, arguments.trace ? stderr : nullptr).Run();
    sum.operations += outcome.operations;
    sum.acknowledged += outcome.acknowledged;
    sum.promotions += outcome.promotions;
    sum.dropped += outcome.dropped;
    for (const auto& [kind, times] : outcome.faults) sum.faults[kind] += times;
    waiting += outcome.waits_for_operator ? 1 : 0;
    if (outcome.violation.empty()) continue;
    ++violations;
    std::fprintf(stderr, "seed %llu: %s\n  tests/simulation/run --seed %llu\n",
                 static_cast<unsigned long long>(seed),
                 outcome.violation.c_str(),
                 static_cast<unsigned long long>(seed));
  }
  std::string faults;
  for (const auto& [kind, times] : sum.faults)
    absl::StrAppend(&faults, faults.empty() ? "" : ",", "\"", kind,
                    "\":", times);
  std::printf("%s\n", absl::StrCat("{\"seeds\":", arguments.seeds,
                                   ",\"operations\":", sum.operations,
                                   ",\"acknowledged\":", sum.acknowledged,
                                   ",\"promotions\":", sum.promotions,
                                   ",\"dropped\":", sum.dropped,
                                   ",\"waiting_for_operator\":", waiting,
                                   ",\"faults\":{", faults,
                                   "},\"violations\":", violations, "}")
                          .c_str());
  return violations == 0 ? 0 : 1;
}

}  // namespace
}  // namespace vigil::simulation

int main(int argc, char** argv) {
  vigil::simulation::Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    if (i + 1 == argc) return 2;
    const uint64_t value = std::strtoull(argv[++i], nullptr, 10);
    if (flag == "--seed") {
      arguments.first = value;
    } else if (flag == "--seeds") {
      arguments.seeds = value;
    } else if (flag == "--trace") {
      arguments.trace = value != 0;
    } else {
      return 2;
    }
  }
  return vigil::simulation::Run(arguments);
}
