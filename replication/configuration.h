// Configuration: who the members of a group are, and the quorums that follow.
//
//   commit quorum C = N/2 + 1      held by so many, a write survives
//   fence quorum  F = N - C + 1    C + F > N: any F members include a holder of
//                                  any write that C members hold
//
// A change of members takes two of them. From the append of the joint one until the
// append of the final one each quorum is needed twice, among those who voted before and
// among those who will:
//
//   {a b c} ──▶ joint {a b c} and {a b c d} ──▶ {a b c d}
//                                         └ appended when the joint one is committed
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

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "replication/position.h"

namespace vigil::replication {

// A larger group has slower quorums and survives no fault that ever happens.
inline constexpr int kMembersMax = 7;
// They cost their master a stream each.
inline constexpr int kReadersMax = 32;

struct Member {
  std::string name;
  std::string address;
  NodeId id;  // zero until recorded
  friend bool operator==(const Member&, const Member&) = default;
};

struct Configuration {
  uint64_t version = 0;         // 0: from the options, not yet recorded
  std::vector<Member> members;  // who votes; during a change: who will
  // During a change: who voted before it, and still does. Else empty.
  std::vector<Member> before = {};
  std::vector<Member> readers = {};  // read replicas: they count for nothing

  bool joint() const { return !before.empty(); }
  int size() const { return static_cast<int>(members.size()); }
  int commit_quorum() const { return size() / 2 + 1; }
  int fence_quorum() const { return size() - commit_quorum() + 1; }

  // Of those who vote; of two with one name the one that will go on.
  const Member* Find(std::string_view name) const;
  const Member* Find(NodeId id) const;  // nullptr for zero
  // Who votes, each once.
  std::vector<Member> voters() const;
  // Who votes, and the read replicas.
  std::vector<Member> everybody() const;

  using Test = absl::FunctionRef<bool(const Member&)>;
  // Whether those that pass are a quorum; during a change: of both. Nobody has none.
  bool IsCommitQuorum(Test has) const;
  bool IsFenceQuorum(Test has) const;
  // Whether all who vote pass.
  bool IsAll(Test has) const;
  // The greatest value that a commit quorum reaches; during a change: both do.
  uint64_t Agreed(absl::FunctionRef<uint64_t(const Member&)> value) const;

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
