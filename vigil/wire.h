// Between our plain values and the protobuf messages of proto/vigil/forwarding.proto. What
// comes from outside is checked here for shape; its meaning is checked by the Writer.
#ifndef VIGIL_WIRE_H_
#define VIGIL_WIRE_H_

#include "absl/status/statusor.h"
#include "vigil/forward_message.h"
#include "vigil/forwarding.pb.h"

namespace vigil {

void ToProto(const ForwardRequest& from, v1::ForwardRequest* to);
void ToProto(const ForwardReply& from, v1::ForwardReply* to);

// kInvalidArgument: not one of ours. Take the bytes.
absl::StatusOr<ForwardRequest> FromProto(v1::ForwardRequest&& from);
absl::StatusOr<ForwardReply> FromProto(v1::ForwardReply&& from);

}  // namespace vigil

#endif  // VIGIL_WIRE_H_
