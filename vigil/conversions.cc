#include "vigil/conversions.h"

namespace vigil {

replication::Configuration ToConfiguration(const Options& options) {
  replication::Configuration configuration;
  for (const MemberAddress& member : options.members) {
    configuration.members.push_back({member.name, member.address, {}});
  }
  return configuration;
}

WorkStatus ToWorkStatus(const engine::Work& work) {
  WorkStatus status{.what = work.what,
                    .keys = work.keys,
                    .total = work.total_keys,
                    .bytes = work.bytes,
                    .total_bytes = work.total_bytes};
  if (const double seconds = absl::ToDoubleSeconds(work.elapsed); seconds > 0) {
    status.keys_per_second = static_cast<double>(work.keys) / seconds;
    status.bytes_per_second = static_cast<double>(work.bytes) / seconds;
  }
  // By what is known better.
  const bool by_keys = work.total_keys > 0;
  const auto done = static_cast<double>(by_keys ? work.keys : work.bytes);
  const auto total =
      static_cast<double>(by_keys ? work.total_keys : work.total_bytes);
  if (done > 0 && total >= done)
    status.eta = work.elapsed * ((total - done) / done);
  return status;
}

}  // namespace vigil
