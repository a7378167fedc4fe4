// MemberState: what a member keeps on disk beside its data, and never answers
// before it is there: who it is, what it promised, and the epochs of its log.
#ifndef VIGIL_REPLICATION_MEMBER_STATE_H_
#define VIGIL_REPLICATION_MEMBER_STATE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "replication/configuration_log.h"
#include "replication/position.h"

namespace vigil::replication {

struct MemberState {
  std::string group;
  std::string name;
  NodeId id;
  Lineage lineage;
  Epoch promise;
  History history;
  ConfigurationLog configurations;
  // A configuration that this master is about to append behind `after`: where, is known
  // when it is in the log. On disk only while it is, or after a crash in that moment.
  struct Appending {
    uint64_t after = 0;
    Configuration configuration;
    friend bool operator==(const Appending&, const Appending&) = default;
  };
  std::optional<Appending> appending;
  // It lost nothing that it acknowledged. False before it has a lineage, and
  // after the machine went down with data that was not synced.
  bool formed = false;
  // Identity of the machine's boot under which unsynced data may exist; "-"
  // when everything is synced (a clean close, or every write is).
  std::string boot = "-";

  friend bool operator==(const MemberState&, const MemberState&) = default;
};

std::string EncodeMemberState(const MemberState& state);
// kDataLoss when the bytes are not one.
absl::StatusOr<MemberState> DecodeMemberState(std::string_view bytes);

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_MEMBER_STATE_H_
