// FlagSet: the options of a command line, each declared once with its range and
// its sentence of help.
//
// Errors name the option, the value and what is allowed.
#ifndef VIGIL_EXAMPLES_THREE_NODE_DEMO_FLAGS_H_
#define VIGIL_EXAMPLES_THREE_NODE_DEMO_FLAGS_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace vigil::demo {

// The targets must outlive the set; their values at the time of Add are the
// defaults that Help() shows.
class FlagSet {
 public:
  void Add(std::string name, bool* target, std::string help);
  void Add(std::string name, std::string* target, std::string placeholder,
           std::string help);
  void Add(std::string name, int* target, int min, int max, std::string help);
  void Add(std::string name, uint64_t* target, std::string help);
  void Add(std::string name, absl::Duration* target, absl::Duration min,
           absl::Duration max, std::string help);
  // One of `choices`, stored as its place in the list by `store`.
  void AddChoice(std::string name, std::vector<std::string> choices,
                 std::string default_choice, std::function<void(size_t)> store,
                 std::string help);

  // Takes "--name value" and "--name=value"; a bool takes no value.
  absl::Status Parse(const std::vector<std::string>& arguments) const;

  // One paragraph an option, in the order of Add.
  std::string Help() const;

 private:
  struct Flag {
    std::string name;         // without the dashes
    std::string placeholder;  // empty: takes no value
    std::string help;
    std::string default_text;
    std::function<absl::Status(const std::string&)> set;
  };

  std::vector<Flag> flags_;
};

}  // namespace vigil::demo

#endif  // VIGIL_EXAMPLES_THREE_NODE_DEMO_FLAGS_H_
