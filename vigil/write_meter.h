// WriteMeter: what writes were refused for, and how long they waited.
//
// Thread-safety: thread-safe. Costs a write that is let in at once nothing.
#ifndef VIGIL_WRITE_METER_H_
#define VIGIL_WRITE_METER_H_

#include <atomic>
#include <cstdint>

#include "absl/status/status.h"
#include "engine/base/wait_meter.h"
#include "engine/engine.h"
#include "vigil/status.h"

namespace vigil {

class WriteMeter {
 public:
  // By the role, the reach of the quorum, or the disk, as the code says; what is wrong
  // with the write itself, and what the engine counts by itself, is passed over.
  void Refused(const absl::Status& s);
  void RefusedForReplicas() { ++replicas_; }
  void RefusedForBound() { ++unreplicated_; }
  // Of writes that wait for a bound of what is not replicated.
  WaitMeter& delays() { return delays_; }

  // Together with what the engine has counted.
  BackPressureStatus Read(const engine::WritePressure& engine) const;

 private:
  std::atomic<uint64_t> not_master_{0};
  std::atomic<uint64_t> quorum_{0};
  std::atomic<uint64_t> storage_{0};
  std::atomic<uint64_t> replicas_{0};
  std::atomic<uint64_t> unreplicated_{0};
  WaitMeter delays_;
};

}  // namespace vigil

#endif  // VIGIL_WRITE_METER_H_
