#include "sentinel/failure_detector.h"

namespace vigil::sentinel {

void FailureDetector::Answered(MonoTime now) {
  heard_ = true;
  refusals_ = 0;
  quiet_since_ = now;
}

void FailureDetector::Refused(uint64_t round, uint64_t newest) {
  if (round <= refused_until_) return;
  ++refusals_;
  refused_until_ = newest;
}

void FailureDetector::Restart(MonoTime now) {
  refusals_ = 0;
  quiet_since_ = now;
}

}  // namespace vigil::sentinel
