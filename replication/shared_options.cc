#include "replication/shared_options.h"

#include "absl/strings/str_cat.h"

namespace vigil::replication {

std::string Difference(const SharedOptions& here, const SharedOptions& there) {
  for (const auto& [name, value] : here) {
    const auto told = there.find(name);
    if (told != there.end() && told->second != value) {
      return absl::StrCat("option '", name, "' is ", told->second,
                          " there and ", value, " here");
    }
  }
  return {};
}

}  // namespace vigil::replication
