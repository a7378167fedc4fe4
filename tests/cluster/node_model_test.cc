// Random sequences of all operations of node.h on a real node, compared with the model
// that the engine is compared with, live and after restarts. VIGIL_SEED=n runs seed n.
#include "tests/cluster/node_model.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"

namespace vigil::test {
namespace {

TEST(NodeModel, AgreesWithTheNode) {
  const char* const wanted = std::getenv("VIGIL_SEED");
  const uint64_t seed =
      wanted == nullptr ? 1 : std::strtoull(wanted, nullptr, 10);
  NodeModel run(seed);
  for (int part = 0; part < 4 && run.violation().empty(); ++part) {
    for (int i = 0; i < 1500 && run.violation().empty(); ++i) run.Step();
    if (run.violation().empty()) run.Reopen();
  }
  ASSERT_EQ(run.violation(), "")
      << "\nVIGIL_SEED=" << seed
      << " node_api_test --gtest_filter=NodeModel.AgreesWithTheNode";
  // A run in which nothing happens proves nothing.
  EXPECT_GT(run.changes(), 1000u);
  EXPECT_GT(run.refused(), 100u);
}

}  // namespace
}  // namespace vigil::test
