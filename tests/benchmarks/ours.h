// Ours: a vigil::Node as an application would open it: a group of one member,
// which is its master.
#ifndef VIGIL_TESTS_BENCHMARKS_OURS_H_
#define VIGIL_TESTS_BENCHMARKS_OURS_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "tests/benchmarks/must.h"
#include "vigil/vigil.h"

namespace vigil::bench {

// Options of such a node, on a free port; everything else as it is by default.
Options OneMember(const std::string& data_dir = "");

// Opens it and waits until it accepts writes. An error ends the process.
std::unique_ptr<Node> OpenMaster(const Options& options);

// The smallest log that options allow, for what measures memory: 1 MiB, and
// values of up to 512 KiB.
Options WithSmallLog(Options options);

// The two calls of most loops, in the shape that the peers have.
class Ours {
 public:
  explicit Ours(Node& node) : node_(node) {}

  std::optional<std::string> Get(std::string_view key) const {
    absl::StatusOr<Value> value = node_.Get(key);
    if (!value.ok()) return std::nullopt;
    return std::move(value->data);
  }
  void Set(std::string_view key, std::string_view value) {
    Must(node_.Set(key, value).status());
  }

 private:
  Node& node_;
};

}  // namespace vigil::bench

#endif  // VIGIL_TESTS_BENCHMARKS_OURS_H_
