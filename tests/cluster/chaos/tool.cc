#include "tests/cluster/chaos/tool.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "examples/three_node_demo/child.h"

namespace vigil::chaos {
namespace {

// Where such programs are, also when a user's PATH does not say so.
std::string Find(const std::string& name) {
  for (const char* folder : {"/usr/sbin/", "/sbin/", "/usr/bin/", "/bin/"}) {
    if (access((folder + name).c_str(), X_OK) == 0) return folder + name;
  }
  return {};
}

}  // namespace

absl::Status RunTool(std::string_view command, const std::string& log) {
  std::vector<std::string> words =
      absl::StrSplit(absl::string_view(command.data(), command.size()), ' ');
  const std::string program = Find(words[0]);
  if (program.empty())
    return absl::NotFoundError(absl::StrCat(words[0], " is not installed"));
  words.erase(words.begin());
  std::error_code ignored;
  std::filesystem::remove(log, ignored);
  auto child = demo::Child::Spawn(program, words, log);
  if (!child.ok()) return child.status();
  const std::string ending = (*child)->Reap();
  if ((*child)->exit_status() == 0) return absl::OkStatus();
  std::ostringstream said;
  said << std::ifstream(log).rdbuf();
  return absl::InternalError(
      absl::StrCat(std::string(command), " ", ending, ": ", said.str()));
}

}  // namespace vigil::chaos
