#include "engine/operation_timer.h"

namespace vigil::engine {

void OperationTimer::Finish() {
  const int64_t took_ns = clock_.Mono().ns - began_.ns;
  insight_.operations.RecordTime(kind_, took_ns);
  insight_.slow.Note(kind_, took_ns, key_, value_bytes_);
  if (sampled_ && !key_.empty()) insight_.hot.Sample(database_, key_);
}

}  // namespace vigil::engine
