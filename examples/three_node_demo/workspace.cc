#include "examples/three_node_demo/workspace.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace vigil::demo {
namespace fs = std::filesystem;

absl::StatusOr<std::unique_ptr<Workspace>> Workspace::Create(
    const std::string& dir) {
  std::error_code error;
  if (dir.empty()) {
    std::string path =
        (fs::temp_directory_path(error) / "vigil-demo-XXXXXX").string();
    if (error || mkdtemp(path.data()) == nullptr) {
      return absl::InternalError(absl::StrCat(
          path, ": ", error ? error.message() : std::strerror(errno)));
    }
    return std::unique_ptr<Workspace>(new Workspace(path, true));
  }
  fs::create_directories(dir, error);
  if (!error && !fs::is_empty(dir, error) && !error) {
    return absl::InvalidArgumentError(
        absl::StrCat("--dir: \"", dir, "\" is not an empty or new folder"));
  }
  if (error) {
    return absl::InvalidArgumentError(
        absl::StrCat("--dir: \"", dir, "\": ", error.message()));
  }
  return std::unique_ptr<Workspace>(new Workspace(dir, false));
}

Workspace::~Workspace() {
  if (!temporary_) return;
  std::error_code ignored;  // nobody is left who could do better
  fs::remove_all(path_, ignored);
}

}  // namespace vigil::demo
