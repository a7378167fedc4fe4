// The measurements of the engine, by what they are about: one file each.
#ifndef VIGIL_TESTS_BENCHMARKS_ENGINE_ROWS_H_
#define VIGIL_TESTS_BENCHMARKS_ENGINE_ROWS_H_

#include <vector>

#include "tests/benchmarks/measurement.h"

namespace vigil::bench {

std::vector<Measurement> GetRows();
std::vector<Measurement> SetRows();
std::vector<Measurement> DiskRows();
std::vector<Measurement> MemoryRows();
std::vector<Measurement> IdleRows();
std::vector<Measurement> ExpiryRows();
std::vector<Measurement> HitRatioRows();
std::vector<Measurement> RedisRows();

}  // namespace vigil::bench

#endif  // VIGIL_TESTS_BENCHMARKS_ENGINE_ROWS_H_
