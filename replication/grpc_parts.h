// Large messages of a master, cut into parts and put together again.
//
// A stream carries one message after the other, and gRPC hands a message over when all of
// it is there. One with a value of many megabytes takes longer than a slow network's
// reader waits for a sign of life: in parts, each is one.
#ifndef VIGIL_REPLICATION_GRPC_PARTS_H_
#define VIGIL_REPLICATION_GRPC_PARTS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "vigil/replication.pb.h"

namespace vigil::replication {

inline constexpr size_t kPartBytes = 256 << 10;
// What is not larger goes whole: the usual message does.
inline constexpr size_t kWholeBytesMax = 4 * kPartBytes;

// Calls write(message) once, or for each part in order, until it returns false, which is
// returned.
bool WriteInParts(const v1::FromMaster& message,
                  absl::FunctionRef<bool(const v1::FromMaster&)> write);

// The reader's end of one stream.
class PartCollector {
 public:
  // No message is larger.
  explicit PartCollector(size_t bytes_max) : bytes_max_(bytes_max) {}

  // What came from the stream, or what it is the last part of; nothing: it is a part, and
  // more follow. kInvalidArgument: no message, or one that is too large.
  absl::StatusOr<std::optional<v1::FromMaster>> Add(v1::FromMaster&& read);

 private:
  const size_t bytes_max_;
  std::string bytes_;  // of the parts so far
};

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_GRPC_PARTS_H_
