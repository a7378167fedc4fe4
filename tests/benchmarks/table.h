// Table: rows for people.
#ifndef VIGIL_TESTS_BENCHMARKS_TABLE_H_
#define VIGIL_TESTS_BENCHMARKS_TABLE_H_

#include <string>
#include <vector>

#include "tests/benchmarks/row.h"

namespace vigil::bench {

std::string Table(const std::vector<Row>& rows);

}  // namespace vigil::bench

#endif  // VIGIL_TESTS_BENCHMARKS_TABLE_H_
