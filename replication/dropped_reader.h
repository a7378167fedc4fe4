// DroppedReader: reads the records of a DroppedTail, from a file or from memory, a
// megabyte at a time.
//
// Thread-compatible.
#ifndef VIGIL_REPLICATION_DROPPED_READER_H_
#define VIGIL_REPLICATION_DROPPED_READER_H_

#include <cstdint>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/record.h"
#include "replication/dropped_tail.h"

namespace vigil::replication {

// Where a tail is: in a file or, on a node without a directory, in memory.
struct DroppedSource {
  std::string path;
  std::shared_ptr<const std::string> bytes;  // unless there is a path
};

class DroppedReader {
 public:
  explicit DroppedReader(DroppedSource source);

  // To be called first. kNotFound: there is no such file. kDataLoss: not of this kind.
  absl::StatusOr<DroppedTail> ReadHead();
  // The next record, good until the next call; nullopt after the last.
  // kDataLoss: damaged, or it ends too soon.
  absl::StatusOr<std::optional<engine::EncodedRecord>> Next();

 private:
  bool Refill();
  absl::Status Named(const absl::Status& s) const;

  const DroppedSource source_;
  std::ifstream file_;
  std::string buffer_;
  std::string_view rest_;
  uint64_t records_left_ = 0;
};

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_DROPPED_READER_H_
