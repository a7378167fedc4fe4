#include "replication/change_request.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace vigil::replication {
namespace {

using Members = std::vector<Member>;

bool Erase(Members& from, const std::string& name) {
  return std::erase_if(from, [&](const Member& m) { return m.name == name; }) >
         0;
}

bool Names(const Members& members, NodeId id) {
  return std::any_of(members.begin(), members.end(),
                     [&](const Member& m) { return m.id == id; });
}

bool HasName(const Members& members, const std::string& name) {
  return std::any_of(members.begin(), members.end(),
                     [&](const Member& m) { return m.name == name; });
}

// The one of this name that follows and is no member.
absl::StatusOr<Member> Newcomer(const std::string& name,
                                const Configuration& from,
                                const Members& followers) {
  for (const Member& follower : followers) {
    if (follower.name == name && !Names(from.members, follower.id))
      return follower;
  }
  return absl::UnavailableError(
      absl::StrCat("no node '", name,
                   "' that is not a member follows the "
                   "master: it has to join the group first"));
}

// With a newcomer it votes, and is no read replica any more.
absl::StatusOr<Change> Joint(const Configuration& from, Members members,
                             std::optional<Member> newcomer) {
  if (members.size() > kMembersMax) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the group has ", from.size(), " members; range: 1 to ", kMembersMax));
  }
  if (members.empty()) {
    return absl::InvalidArgumentError("the last member cannot be removed");
  }
  Change change{.target = from, .newcomer = {}};
  ++change.target.version;
  change.target.before = std::exchange(change.target.members, members);
  if (newcomer.has_value()) {
    Erase(change.target.readers, newcomer->name);
    change.newcomer = newcomer->id;
  }
  return change;
}

absl::StatusOr<Change> AddMember(const std::string& name,
                                 const Configuration& from,
                                 const Members& followers) {
  if (HasName(from.members, name)) {
    return absl::AlreadyExistsError(
        absl::StrCat("'", name, "' is a member already"));
  }
  absl::StatusOr<Member> newcomer = Newcomer(name, from, followers);
  if (!newcomer.ok()) return newcomer.status();
  Members members = from.members;
  members.push_back(*newcomer);
  return Joint(from, std::move(members), *std::move(newcomer));
}

absl::StatusOr<Change> AddReader(const std::string& name,
                                 const Configuration& from,
                                 const Members& followers) {
  if (HasName(from.members, name)) {
    return absl::AlreadyExistsError(absl::StrCat(
        "'", name, "' is a member: remove it before it is a read replica"));
  }
  absl::StatusOr<Member> newcomer = Newcomer(name, from, followers);
  if (!newcomer.ok()) return newcomer.status();
  if (Names(from.readers, newcomer->id)) {
    return absl::AlreadyExistsError(
        absl::StrCat("'", name, "' is a read replica already"));
  }
  Change change{.target = from, .newcomer = {}};
  ++change.target.version;
  Erase(change.target.readers, name);  // one that lost its identity
  if (static_cast<int>(change.target.readers.size()) >= kReadersMax) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the group has ", kReadersMax, " read replicas, which is the limit"));
  }
  change.target.readers.push_back(*std::move(newcomer));
  return change;
}

absl::StatusOr<Change> Remove(const std::string& name,
                              const Configuration& from) {
  Members members = from.members;
  if (Erase(members, name)) return Joint(from, std::move(members), {});
  Change change{.target = from, .newcomer = {}};
  ++change.target.version;
  if (Erase(change.target.readers, name)) return change;
  return absl::NotFoundError(
      absl::StrCat("there is no member and no read replica '", name, "'"));
}

absl::StatusOr<Change> Replace(const std::string& name, const std::string& by,
                               const Configuration& from,
                               const Members& followers) {
  Members members = from.members;
  const auto place =
      std::find_if(members.begin(), members.end(),
                   [&](const Member& m) { return m.name == name; });
  if (place == members.end()) {
    return absl::NotFoundError(absl::StrCat("there is no member '", name, "'"));
  }
  if (by != name && HasName(members, by)) {
    return absl::AlreadyExistsError(
        absl::StrCat("'", by, "' is a member already"));
  }
  absl::StatusOr<Member> newcomer = Newcomer(by, from, followers);
  if (!newcomer.ok()) return newcomer.status();
  *place = *newcomer;
  return Joint(from, std::move(members), *std::move(newcomer));
}

}  // namespace

absl::StatusOr<Change> Decide(const ChangeRequest& request,
                              const Configuration& from,
                              const std::vector<Member>& followers) {
  switch (request.kind) {
    case ChangeRequest::Kind::kAddMember:
      return AddMember(request.name, from, followers);
    case ChangeRequest::Kind::kAddReader:
      return AddReader(request.name, from, followers);
    case ChangeRequest::Kind::kRemove:
      return Remove(request.name, from);
    case ChangeRequest::Kind::kReplace:
      return Replace(request.name, request.newcomer, from, followers);
  }
  return absl::InvalidArgumentError("no change of a known kind");
}

Configuration FinalOf(const Configuration& joint) {
  Configuration configuration = joint;
  ++configuration.version;
  configuration.before.clear();
  return configuration;
}

std::string ToString(const ChangeRequest& request) {
  switch (request.kind) {
    case ChangeRequest::Kind::kAddMember:
      return absl::StrCat("add member '", request.name, "'");
    case ChangeRequest::Kind::kAddReader:
      return absl::StrCat("add read replica '", request.name, "'");
    case ChangeRequest::Kind::kRemove:
      return absl::StrCat("remove '", request.name, "'");
    case ChangeRequest::Kind::kReplace:
      return absl::StrCat("replace '", request.name, "' by '", request.newcomer,
                          "'");
  }
  return "";
}

}  // namespace vigil::replication
