#include "vigil/conversions.h"

#include "absl/strings/str_cat.h"

namespace vigil {

replication::Configuration ToConfiguration(const Options& options) {
  replication::Configuration configuration;
  for (const MemberAddress& member : options.members) {
    configuration.members.push_back({member.name, member.address, {}});
  }
  return configuration;
}

replication::SharedOptions ToSharedOptions(const Options& options) {
  return {{"databases", absl::StrCat(options.databases)},
          {"key_bytes_max", absl::StrCat(options.key_bytes_max)},
          {"value_bytes_max", absl::StrCat(options.value_bytes_max)}};
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
