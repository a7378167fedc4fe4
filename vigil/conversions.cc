#include "vigil/conversions.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace vigil {
namespace {

bool Names(const std::vector<replication::Member>& members,
           const replication::Member& member) {
  return std::any_of(
      members.begin(), members.end(),
      [&](const replication::Member& m) { return m.id == member.id; });
}

}  // namespace

MemberKind KindOf(const replication::Configuration& configuration,
                  const replication::Member& member) {
  if (Names(configuration.members, member)) {
    return configuration.joint() && !Names(configuration.before, member)
               ? MemberKind::kJoining
               : MemberKind::kMember;
  }
  if (Names(configuration.before, member)) return MemberKind::kLeaving;
  if (Names(configuration.readers, member)) return MemberKind::kReadReplica;
  return MemberKind::kNewcomer;
}

std::string_view ToString(MemberKind kind) {
  switch (kind) {
    case MemberKind::kMember:
      return "member";
    case MemberKind::kJoining:
      return "joining";
    case MemberKind::kLeaving:
      return "leaving";
    case MemberKind::kReadReplica:
      return "read_replica";
    case MemberKind::kNewcomer:
      return "newcomer";
  }
  return "";
}

replication::Configuration ToConfiguration(const Options& options) {
  replication::Configuration configuration;
  if (!options.join.empty()) return configuration;
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
