// Configuration: who the members of a group are, and the quorums that follow.
//
//   commit quorum C = N/2 + 1      held by so many, a write survives
//   fence quorum  F = N - C + 1    C + F > N: any F members include a holder of
//                                  any write that C members hold
//
// `members` of the options only bootstraps it: the first promotion records it
// in the log with the members' identities, and from then on a name alone is
// nobody.
#ifndef VIGIL_REPLICATION_CONFIGURATION_H_
#define VIGIL_REPLICATION_CONFIGURATION_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "replication/position.h"

namespace vigil::replication {

// A larger group has slower quorums and survives no fault that ever happens.
inline constexpr int kMembersMax = 7;

struct Member {
  std::string name;
  std::string address;
  NodeId id;  // zero until recorded
  friend bool operator==(const Member&, const Member&) = default;
};

struct Configuration {
  uint64_t version = 0;  // 0: from the options, not yet recorded
  std::vector<Member> members;

  int size() const { return static_cast<int>(members.size()); }
  int commit_quorum() const { return size() / 2 + 1; }
  int fence_quorum() const { return size() - commit_quorum() + 1; }
  const Member* Find(std::string_view name) const;
  const Member* Find(NodeId id) const;  // nullptr for zero
  friend bool operator==(const Configuration&, const Configuration&) = default;
};

// The same names at the same addresses, whatever their order and identities.
bool SameMembers(const Configuration& a, const Configuration& b);

// "a at 127.0.0.1:7001, b at 127.0.0.1:7002"
std::string ToString(const Configuration& configuration);

// The value of a kConfiguration record.
std::string EncodeConfiguration(const Configuration& configuration);
// kDataLoss when the bytes are not one.
absl::StatusOr<Configuration> DecodeConfiguration(std::string_view bytes);

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_CONFIGURATION_H_
