#include "sentinel/wire.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "replication/wire.h"

namespace vigil::sentinel {

namespace {

using replication::ToProto;

// A group that elects a thousand leaders a second gets here in 146 million years. A
// number above it is garbage, and counting it up could overflow.
constexpr uint64_t kEpochNumberMax = uint64_t{1} << 62;
constexpr size_t kNameBytesMax = 64;

absl::Status CheckNumber(const char* what, uint64_t number) {
  if (number <= kEpochNumberMax) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(what, " is ", number, "; range: 0 to 2^62"));
}

absl::Status CheckName(const char* what, const std::string& name) {
  const bool good =
      !name.empty() && name.size() <= kNameBytesMax &&
      std::all_of(name.begin(), name.end(), [](unsigned char c) {
        return absl::ascii_isalnum(c) || c == '.' || c == '-' || c == '_';
      });
  if (good) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(what, " is not a name"));
}

absl::Status CheckView(const v1::MemberView& view) {
  if (!v1::Role_IsValid(view.role())) {
    return absl::InvalidArgumentError(absl::StrCat("role is ", view.role()));
  }
  return CheckNumber("an epoch in the view",
                     std::max({view.epoch().number(), view.promise().number(),
                               view.position().epoch().number(),
                               view.history_epoch().number()}));
}

void OpinionToProto(const Opinion& from, v1::Opinion* to) {
  to->set_master_down(from.master_down);
  ToProto(from.epoch, to->mutable_epoch());
  to->set_master(from.master);
}

Opinion OpinionFromProto(const v1::Opinion& from) {
  const bool named = CheckName("master", from.master()).ok();
  return {from.master_down(), replication::FromProto(from.epoch()),
          named ? from.master() : ""};
}

absl::Status Check(const v1::Question& from) {
  if (absl::Status s = CheckName("group", from.group()); !s.ok()) return s;
  if (absl::Status s = CheckName("from", from.from()); !s.ok()) return s;
  switch (from.body_case()) {
    case v1::Question::kPing:
      return CheckNumber("epoch",
                         std::max(from.ping().epoch(),
                                  from.ping().opinion().epoch().number()));
    case v1::Question::kVote:
      return CheckNumber("number", from.vote().number());
    case v1::Question::kFence:
      return CheckNumber("epoch", from.fence().epoch().number());
    case v1::Question::kPromote:
      return CheckNumber("epoch", from.promote().epoch().number());
    case v1::Question::kReplicaOf:
      return CheckNumber("epoch", from.replica_of().epoch().number());
    case v1::Question::BODY_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("a question of an unknown kind");
}

absl::Status Check(const v1::Answer& from) {
  switch (from.body_case()) {
    case v1::Answer::kPong:
      if (absl::Status s = CheckView(from.pong().view()); !s.ok()) return s;
      return CheckNumber("epoch",
                         std::max(from.pong().epoch(),
                                  from.pong().opinion().epoch().number()));
    case v1::Answer::kVote:
      return CheckNumber("epoch", from.vote().epoch());
    case v1::Answer::kFence:
      return CheckView(from.fence().view());
    case v1::Answer::kPromote:
      return CheckView(from.promote().view());
    case v1::Answer::kReplicaOf:
      return CheckView(from.replica_of().view());
    case v1::Answer::BODY_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("an answer of an unknown kind");
}

}  // namespace

void ToProto(const Question& from, v1::Question* to) {
  to->set_group(from.group);
  to->set_from(from.from);
  to->set_id(from.id.value);
  ToProto(from.options, to->mutable_options());
  if (const auto* ping = std::get_if<Ping>(&from.body)) {
    to->mutable_ping()->set_epoch(ping->epoch);
    OpinionToProto(ping->opinion, to->mutable_ping()->mutable_opinion());
    to->mutable_ping()->set_joins(ping->joins);
  } else if (const auto* vote = std::get_if<VoteRequest>(&from.body)) {
    to->mutable_vote()->set_pre(vote->pre);
    to->mutable_vote()->set_number(vote->number);
  } else if (const auto* fence =
                 std::get_if<replication::FenceRequest>(&from.body)) {
    ToProto(*fence, to->mutable_fence());
  } else if (const auto* promote =
                 std::get_if<replication::PromoteRequest>(&from.body)) {
    ToProto(*promote, to->mutable_promote());
  } else if (const auto* follow =
                 std::get_if<replication::ReplicaOfRequest>(&from.body)) {
    ToProto(*follow, to->mutable_replica_of());
  }
}

void ToProto(const Answer& from, v1::Answer* to) {
  if (const auto* pong = std::get_if<Pong>(&from)) {
    ToProto(pong->view, to->mutable_pong()->mutable_view());
    to->mutable_pong()->set_epoch(pong->epoch);
    OpinionToProto(pong->opinion, to->mutable_pong()->mutable_opinion());
  } else if (const auto* vote = std::get_if<VoteReply>(&from)) {
    to->mutable_vote()->set_granted(vote->granted);
    to->mutable_vote()->set_epoch(vote->epoch);
    to->mutable_vote()->set_voter(vote->voter.value);
    to->mutable_vote()->set_refusal(vote->refusal);
  } else if (const auto* fence = std::get_if<replication::FenceReply>(&from)) {
    ToProto(*fence, to->mutable_fence());
  } else if (const auto* promote =
                 std::get_if<replication::PromoteReply>(&from)) {
    ToProto(*promote, to->mutable_promote());
  } else if (const auto* follow =
                 std::get_if<replication::ReplicaOfReply>(&from)) {
    ToProto(*follow, to->mutable_replica_of());
  }
}

absl::StatusOr<Question> FromProto(const v1::Question& from) {
  if (absl::Status s = Check(from); !s.ok()) return s;
  Question to{.group = from.group(),
              .from = from.from(),
              .id = NodeId{from.id()},
              .body = {},
              .options = replication::FromProto(from.options())};
  switch (from.body_case()) {
    case v1::Question::kPing:
      to.body =
          Ping{from.ping().epoch(), OpinionFromProto(from.ping().opinion()),
               from.ping().joins()};
      break;
    case v1::Question::kVote:
      to.body = VoteRequest{from.vote().pre(), from.vote().number()};
      break;
    case v1::Question::kFence:
      to.body = replication::FromProto(from.fence());
      break;
    case v1::Question::kPromote:
      to.body = replication::FromProto(from.promote());
      break;
    case v1::Question::kReplicaOf:
      to.body = replication::FromProto(from.replica_of());
      break;
    case v1::Question::BODY_NOT_SET:
      break;  // Check has refused it
  }
  return to;
}

absl::StatusOr<Answer> FromProto(const v1::Answer& from) {
  if (absl::Status s = Check(from); !s.ok()) return s;
  switch (from.body_case()) {
    case v1::Answer::kPong:
      return Answer(Pong{replication::FromProto(from.pong().view()),
                         from.pong().epoch(),
                         OpinionFromProto(from.pong().opinion())});
    case v1::Answer::kVote:
      return Answer(VoteReply{from.vote().granted(), from.vote().epoch(),
                              NodeId{from.vote().voter()},
                              from.vote().refusal()});
    case v1::Answer::kFence:
      return Answer(replication::FromProto(from.fence()));
    case v1::Answer::kPromote:
      return Answer(replication::FromProto(from.promote()));
    case v1::Answer::kReplicaOf:
      return Answer(replication::FromProto(from.replica_of()));
    case v1::Answer::BODY_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("an answer of an unknown kind");
}

}  // namespace vigil::sentinel
