// Data set: everything that a node holds, as a file that can be compared byte
// by byte with another node's: one key<TAB>version<TAB>expiry<TAB>value a line,
// in the order of keys, escaped.
#ifndef VIGIL_EXAMPLES_THREE_NODE_DEMO_DATA_SET_H_
#define VIGIL_EXAMPLES_THREE_NODE_DEMO_DATA_SET_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "vigil/vigil.h"

namespace vigil::demo {

// Lists the node's keys, reads each one as an application would, and writes the
// file. Returns the number of keys. REQUIRES: nobody writes meanwhile.
absl::StatusOr<uint64_t> DumpDataSet(const Node& node, const std::string& path);

struct DataSetEntry {
  std::string key;
  std::string value;
  uint64_t version = 0;
};

// Calls `visit` for each entry of such a file.
absl::Status ReadDataSet(const std::string& path,
                         const std::function<void(const DataSetEntry&)>& visit);

// The first line in which two such files differ, in words; empty if they are
// equal.
absl::StatusOr<std::string> FirstDifference(const std::string& path,
                                            const std::string& other);

}  // namespace vigil::demo

#endif  // VIGIL_EXAMPLES_THREE_NODE_DEMO_DATA_SET_H_
