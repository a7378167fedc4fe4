// How a refusal says that room comes by itself: the log's, when the disk has caught up;
// that of large values, when they are freed; a master's, when its group has caught up.
// Whoever waits may try again.
#ifndef VIGIL_ENGINE_NO_ROOM_H_
#define VIGIL_ENGINE_NO_ROOM_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/cord.h"

namespace vigil::engine {

inline constexpr char kNoRoomPayload[] = "vigil/no-room";

inline absl::Status NoRoomError(const std::string& why) {
  absl::Status status = absl::ResourceExhaustedError(why);
  status.SetPayload(kNoRoomPayload, absl::Cord());
  return status;
}

inline bool IsNoRoom(const absl::Status& status) {
  return status.GetPayload(kNoRoomPayload).has_value();
}

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_NO_ROOM_H_
