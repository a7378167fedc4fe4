// The suite "replication".
#include <iterator>
#include <utility>
#include <vector>

#include "tests/benchmarks/replication_rows.h"
#include "tests/benchmarks/runner.h"

int main(int argc, char** argv) {
  namespace bench = vigil::bench;
  std::vector<bench::Measurement> all;
  for (auto* rows : {bench::QuorumRows, bench::StreamRows, bench::FullSyncRows,
                     bench::RewindRows, bench::CutRows}) {
    std::vector<bench::Measurement> some = rows();
    all.insert(all.end(), std::make_move_iterator(some.begin()),
               std::make_move_iterator(some.end()));
  }
  return bench::RunSuite(argc, argv, all);
}
