// The suite "engine".
#include <iterator>
#include <utility>
#include <vector>

#include "tests/benchmarks/engine_rows.h"
#include "tests/benchmarks/runner.h"

int main(int argc, char** argv) {
  namespace bench = vigil::bench;
  std::vector<bench::Measurement> all;
  for (auto* rows : {bench::GetRows, bench::SetRows, bench::DiskRows,
                     bench::MemoryRows, bench::IdleRows, bench::ExpiryRows,
                     bench::HitRatioRows, bench::RedisRows}) {
    std::vector<bench::Measurement> some = rows();
    all.insert(all.end(), std::make_move_iterator(some.begin()),
               std::make_move_iterator(some.end()));
  }
  return bench::RunSuite(argc, argv, all);
}
