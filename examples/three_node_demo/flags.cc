#include "examples/three_node_demo/flags.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace vigil::demo {
namespace {

absl::Status Bad(const std::string& name, const std::string& value,
                 const std::string& allowed) {
  return absl::InvalidArgumentError(
      absl::StrCat("--", name, ": \"", value, "\" is not ", allowed));
}

// Help text as lines of at most this many columns, behind an indent.
constexpr size_t kHelpColumns = 78;
constexpr char kHelpIndent[] = "      ";

std::string Wrapped(const std::string& text) {
  std::string out;
  std::string line = kHelpIndent;
  for (const absl::string_view word : absl::StrSplit(text, ' ')) {
    if (line.size() + word.size() > kHelpColumns) {
      absl::StrAppend(&out, absl::StripTrailingAsciiWhitespace(line), "\n");
      line = kHelpIndent;
    }
    absl::StrAppend(&line, word, " ");
  }
  return absl::StrCat(out, absl::StripTrailingAsciiWhitespace(line), "\n");
}

}  // namespace

void FlagSet::Add(std::string name, bool* target, std::string help) {
  auto set = [target](const std::string&) {
    *target = true;
    return absl::OkStatus();
  };
  flags_.push_back({std::move(name), "", std::move(help), "", set});
}

void FlagSet::Add(std::string name, std::string* target,
                  std::string placeholder, std::string help) {
  auto set = [target](const std::string& value) {
    *target = value;
    return absl::OkStatus();
  };
  flags_.push_back(
      {std::move(name), std::move(placeholder), std::move(help), *target, set});
}

void FlagSet::Add(std::string name, int* target, int min, int max,
                  std::string help) {
  auto set = [=](const std::string& value) {
    int number = 0;
    if (!absl::SimpleAtoi(value, &number) || number < min || number > max) {
      return Bad(name, value, absl::StrCat("a number from ", min, " to ", max));
    }
    *target = number;
    return absl::OkStatus();
  };
  flags_.push_back({name, "N", std::move(help), absl::StrCat(*target), set});
}

void FlagSet::Add(std::string name, uint64_t* target, std::string help) {
  auto set = [=](const std::string& value) {
    if (!absl::SimpleAtoi(value, target)) {
      return Bad(name, value, "a number from 0 to 2^64 - 1");
    }
    return absl::OkStatus();
  };
  flags_.push_back({name, "N", std::move(help), "", set});
}

void FlagSet::Add(std::string name, absl::Duration* target, absl::Duration min,
                  absl::Duration max, std::string help) {
  auto set = [=](const std::string& value) {
    absl::Duration duration;
    if (!absl::ParseDuration(value, &duration) || duration < min ||
        duration > max) {
      return Bad(
          name, value,
          absl::StrCat("a duration from ", absl::FormatDuration(min), " to ",
                       absl::FormatDuration(max), ", as in 500ms"));
    }
    *target = duration;
    return absl::OkStatus();
  };
  flags_.push_back(
      {name, "DURATION", std::move(help), absl::FormatDuration(*target), set});
}

void FlagSet::AddChoice(std::string name, std::vector<std::string> choices,
                        std::string default_choice,
                        std::function<void(size_t)> store, std::string help) {
  const std::string placeholder = absl::StrJoin(choices, "|");
  auto set = [=](const std::string& value) {
    const auto found = std::find(choices.begin(), choices.end(), value);
    if (found == choices.end()) {
      return Bad(name, value,
                 absl::StrCat("one of ", absl::StrJoin(choices, ", ")));
    }
    store(static_cast<size_t>(found - choices.begin()));
    return absl::OkStatus();
  };
  flags_.push_back(
      {name, placeholder, std::move(help), std::move(default_choice), set});
}

absl::Status FlagSet::Parse(const std::vector<std::string>& arguments) const {
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument.rfind("--", 0) != 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", argument, "\" is not an option; see --help"));
    }
    const size_t equals = argument.find('=');
    const std::string name = argument.substr(2, equals - 2);
    const auto flag =
        std::find_if(flags_.begin(), flags_.end(),
                     [&](const Flag& f) { return f.name == name; });
    if (flag == flags_.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--", name, ": no such option; see --help"));
    }
    std::string value;
    if (flag->placeholder.empty()) {
      if (equals != std::string::npos) {
        return Bad(name, argument.substr(equals + 1),
                   "wanted: it takes no value");
      }
    } else if (equals != std::string::npos) {
      value = argument.substr(equals + 1);
    } else if (++i < arguments.size()) {
      value = arguments[i];
    } else {
      return absl::InvalidArgumentError(
          absl::StrCat("--", name, " needs a value: ", flag->placeholder));
    }
    if (absl::Status s = flag->set(value); !s.ok()) return s;
  }
  return absl::OkStatus();
}

std::string FlagSet::Help() const {
  std::string out;
  for (const Flag& flag : flags_) {
    absl::StrAppend(&out, "  --", flag.name);
    if (!flag.placeholder.empty()) absl::StrAppend(&out, " ", flag.placeholder);
    if (!flag.default_text.empty()) {
      absl::StrAppend(&out, "   (default ", flag.default_text, ")");
    }
    absl::StrAppend(&out, "\n", Wrapped(flag.help));
  }
  return out;
}

}  // namespace vigil::demo
