#include "tests/benchmarks/runner.h"

#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "tests/benchmarks/isolated.h"
#include "tests/benchmarks/table.h"

namespace vigil::bench {
namespace {

constexpr std::string_view kUsage =
    "options:\n"
    "  --row NAME  only rows whose name contains NAME\n"
    "  --quick     fewer keys, rounds and seconds: to see that it runs\n"
    "  --strict    exit with 1 if a target is missed\n"
    "  --dir DIR   where data goes; not a tmpfs (default /var/tmp)\n"
    "  --list      print the names of the rows\n";

struct CommandLine {
  Settings settings;
  bool strict = false;
  bool list = false;
};

std::optional<CommandLine> Parse(int argc, char** argv) {
  CommandLine line;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const bool has_value = i + 1 < argc;
    if (word == "--quick") {
      line.settings.quick = true;
    } else if (word == "--strict") {
      line.strict = true;
    } else if (word == "--list") {
      line.list = true;
    } else if (word == "--row" && has_value) {
      line.settings.row = argv[++i];
    } else if (word == "--dir" && has_value) {
      line.settings.dir = argv[++i];
    } else {
      return std::nullopt;
    }
  }
  return line;
}

class Run {
 public:
  explicit Run(const Settings& settings) : settings_(settings) {}

  bool Wanted(const std::string& row) const {
    return row.find(settings_.row) != std::string::npos;
  }

  void Measure(const Measurement& measurement) {
    const auto wanted = [this](const std::string& row) { return Wanted(row); };
    absl::StatusOr<std::string> text = RunIsolated([&] {
      Report report(wanted);
      measurement.measure(settings_, report);
      return report.Encode();
    });
    Report report(wanted);
    if (text.ok()) report.Decode(*text);
    for (const RowSpec& spec : measurement.rows) {
      if (Wanted(spec.name)) Take(spec, report, text.status());
    }
  }

  int ExitStatus(bool strict) const {
    return failed_ || (strict && missed_) ? 1 : 0;
  }
  const std::vector<Row>& rows() const { return rows_; }

 private:
  void Take(const RowSpec& spec, const Report& report,
            const absl::Status& status) {
    const auto numbers = report.numbers().find(spec.name);
    if (numbers == report.numbers().end()) {
      const auto reason = report.left_out().find(spec.name);
      if (reason != report.left_out().end()) {
        std::cerr << spec.name << ": left out: " << reason->second << std::endl;
      } else {
        std::cerr << spec.name << ": failed: " << status << std::endl;
        failed_ = true;
      }
      return;
    }
    rows_.push_back({spec, numbers->second});
    std::cout << rows_.back().Json() << std::endl;
    if (!rows_.back().Ok().value_or(true)) missed_ = true;
  }

  const Settings& settings_;
  std::vector<Row> rows_;
  bool failed_ = false;
  bool missed_ = false;
};

}  // namespace

int RunSuite(int argc, char** argv,
             const std::vector<Measurement>& measurements) {
  const std::optional<CommandLine> line = Parse(argc, argv);
  if (!line) {
    std::cerr << kUsage;
    return 2;
  }
  Run run(line->settings);
  bool any = false;
  for (const Measurement& m : measurements) {
    bool wanted = false;
    for (const RowSpec& spec : m.rows) {
      if (!run.Wanted(spec.name)) continue;
      wanted = true;
      if (line->list) std::cout << spec.name << "\n";
    }
    any = any || wanted;
    if (wanted && !line->list) run.Measure(m);
  }
  if (!any) {
    std::cerr << "no row contains " << line->settings.row << "; see --list\n";
    return 2;
  }
  if (!line->list) std::cout << "\n" << Table(run.rows()) << std::flush;
  return run.ExitStatus(line->strict);
}

}  // namespace vigil::bench
