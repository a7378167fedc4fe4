// Workspace: the folder of a run, with everything that the nodes write.
//
// Lifetime: a temporary one is removed, with all that is in it, by the
// destructor.
#ifndef VIGIL_EXAMPLES_THREE_NODE_DEMO_WORKSPACE_H_
#define VIGIL_EXAMPLES_THREE_NODE_DEMO_WORKSPACE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace vigil::demo {

class Workspace {
 public:
  // A new folder below $TMPDIR or /tmp if `dir` is empty; else `dir`, which is
  // created if need be, must be empty, and is kept.
  static absl::StatusOr<std::unique_ptr<Workspace>> Create(
      const std::string& dir);

  ~Workspace();
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  const std::string& path() const { return path_; }

 private:
  Workspace(std::string path, bool temporary)
      : path_(std::move(path)), temporary_(temporary) {}

  const std::string path_;
  const bool temporary_;
};

}  // namespace vigil::demo

#endif  // VIGIL_EXAMPLES_THREE_NODE_DEMO_WORKSPACE_H_
