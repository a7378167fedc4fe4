#include "vigil/write_meter.h"

namespace vigil {

void WriteMeter::Refused(const absl::Status& s) {
  if (absl::IsFailedPrecondition(s)) ++not_master_;
  if (absl::IsUnavailable(s)) ++quorum_;
  if (absl::IsInternal(s)) ++storage_;
}

BackPressureStatus WriteMeter::Read(const engine::WritePressure& engine) const {
  const Waits waits = delays_.waits() + engine.delays;
  return {.backlog_bytes = engine.unpersisted_bytes,
          .waiting_writes = waits.now,
          .delayed_writes = waits.ended,
          .delayed = waits.total,
          .refused = {.memory = engine.refused_memory,
                      .log_full = engine.refused_log_full,
                      .unreplicated = unreplicated_,
                      .replicas = replicas_,
                      .quorum = quorum_,
                      .not_master = not_master_,
                      .storage = storage_}};
}

}  // namespace vigil
