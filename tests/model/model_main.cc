// One search, or all of the table, from the command line. See tests/model/run.
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include "absl/strings/numbers.h"
#include "tests/model/cases.h"
#include "tests/model/invariants.h"
#include "tests/model/search.h"
#include "tests/model/text.h"

namespace vigil::model {
namespace {

struct Arguments {
  std::string scope;
  std::string variant;
  size_t states_max = 5'000'000;
  bool list = false;
};

[[noreturn]] void Refuse(std::string_view why) {
  std::cerr << "tests/model/run: " << why << " (see --help and --list)\n";
  std::exit(2);
}

Arguments Parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--list") {
      arguments.list = true;
      continue;
    }
    if (i + 1 == argc) Refuse(std::string(name) + " needs a value");
    const std::string value = argv[++i];
    if (name == "--scope") {
      arguments.scope = value;
      if (FindScope(value) == nullptr) Refuse("no scope " + value);
    } else if (name == "--variant") {
      arguments.variant = value;
      if (FindVariant(value) == nullptr) Refuse("no variant " + value);
    } else if (name == "--states") {
      if (!absl::SimpleAtoi(value, &arguments.states_max)) {
        Refuse("--states needs a number");
      }
    } else {
      Refuse("unknown argument: " + std::string(name));
    }
  }
  return arguments;
}

void List() {
  std::cout << "Scopes:\n";
  for (const Scope& scope : Scopes()) {
    std::cout << "  " << scope.name << ": " << scope.what << "\n";
  }
  std::cout << "Variants:\n";
  for (const NamedVariant& variant : Variants()) {
    std::cout << "  " << variant.name << ": " << variant.what << "\n";
  }
}

void Run(std::string_view scope, std::string_view variant, size_t states_max) {
  const Model model = ModelOf(scope, variant);
  const auto start = std::chrono::steady_clock::now();
  const Result result = Search(model, states_max);
  const std::chrono::duration<double> took =
      std::chrono::steady_clock::now() - start;
  std::cout << scope << " / " << (variant.empty() ? "the design" : variant)
            << ": " << ToString(result.violation) << ", "
            << (result.violation != Violation::kNone ? "after "
                : result.exhausted                   ? "exhaustive, deepest "
                                                     : "cut at ")
            << result.depth << " steps, " << result.states << " states, "
            << took.count() << " s\n"
            << TraceOf(model.scope, result) << std::flush;
}

int Main(int argc, char** argv) {
  const Arguments arguments = Parse(argc, argv);
  if (arguments.list) {
    List();
    return EXIT_SUCCESS;
  }
  if (!arguments.scope.empty()) {
    Run(arguments.scope, arguments.variant, arguments.states_max);
    return EXIT_SUCCESS;
  }
  for (const Case& each : Cases()) {
    if (arguments.variant.empty() || each.variant == arguments.variant) {
      Run(each.scope, each.variant, arguments.states_max);
    }
  }
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace vigil::model

int main(int argc, char** argv) { return vigil::model::Main(argc, argv); }
