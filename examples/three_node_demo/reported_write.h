// ReportedSet: a write with Ack::kQuorum whose beginning and outcome the
// supervisor learns. This is how an application tells the three outcomes of a
// write apart.
#ifndef VIGIL_EXAMPLES_THREE_NODE_DEMO_REPORTED_WRITE_H_
#define VIGIL_EXAMPLES_THREE_NODE_DEMO_REPORTED_WRITE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "examples/three_node_demo/mono_ns.h"
#include "examples/three_node_demo/outbox.h"
#include "vigil/vigil.h"

namespace vigil::demo {

// How long a write may wait for its quorum. Longer than a busy machine stalls,
// short enough that a master that lost its group soon says so.
inline constexpr absl::Duration kWriteTimeout = absl::Seconds(2);

// OK: acknowledged. kDeadlineExceeded: unknown. Else refused, and nothing was
// applied.
inline absl::Status ReportedSet(Node& node, Outbox& outbox,
                                const std::string& key,
                                const std::string& value) {
  outbox.Send(WriteTried{key, value});
  const auto receipt =
      node.Set(key, value, {.ack = Ack::kQuorum, .timeout = kWriteTimeout});
  const int64_t now = MonoNs();
  switch (receipt.status().code()) {
    case absl::StatusCode::kOk:
      outbox.Send(WriteAcknowledged{now, key});
      break;
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kInternal:
      outbox.Send(WriteUnknown{key});
      break;
    default:
      outbox.Send(WriteRefused{key});
  }
  return receipt.status();
}

}  // namespace vigil::demo

#endif  // VIGIL_EXAMPLES_THREE_NODE_DEMO_REPORTED_WRITE_H_
