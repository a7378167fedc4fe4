// Between our plain values and the protobuf messages of proto/vigil/sentinel.proto.
// What comes from outside is checked here for shape: a kind that we know, names that
// are names, numbers that can still be counted up.
#ifndef VIGIL_SENTINEL_WIRE_H_
#define VIGIL_SENTINEL_WIRE_H_

#include "absl/status/statusor.h"
#include "sentinel/messages.h"
#include "vigil/sentinel.pb.h"

namespace vigil::sentinel {

void ToProto(const Question& from, v1::Question* to);
void ToProto(const Answer& from, v1::Answer* to);

// kInvalidArgument says what is wrong.
absl::StatusOr<Question> FromProto(const v1::Question& from);
absl::StatusOr<Answer> FromProto(const v1::Answer& from);

}  // namespace vigil::sentinel

#endif  // VIGIL_SENTINEL_WIRE_H_
