// The measurements of replication, by what they are about: one file each.
#ifndef VIGIL_TESTS_BENCHMARKS_REPLICATION_ROWS_H_
#define VIGIL_TESTS_BENCHMARKS_REPLICATION_ROWS_H_

#include <vector>

#include "tests/benchmarks/measurement.h"

namespace vigil::bench {

std::vector<Measurement> QuorumRows();
std::vector<Measurement> StreamRows();
std::vector<Measurement> FullSyncRows();
std::vector<Measurement> RewindRows();
std::vector<Measurement> CutRows();

}  // namespace vigil::bench

#endif  // VIGIL_TESTS_BENCHMARKS_REPLICATION_ROWS_H_
