#include "sentinel/wire.h"

#include <functional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/sentinel/fixtures.h"

namespace vigil::sentinel {
namespace {

using replication::FenceReply;
using replication::FenceRequest;
using replication::PromoteReply;
using replication::PromoteRequest;
using replication::ReplicaOfReply;
using replication::ReplicaOfRequest;
using testing::HasSubstr;

constexpr Epoch kTwo{2, {11}};

std::string Bytes(const Question& question) {
  v1::Question proto;
  ToProto(question, &proto);
  return proto.SerializeAsString();
}
std::string Bytes(const Answer& answer) {
  v1::Answer proto;
  ToProto(answer, &proto);
  return proto.SerializeAsString();
}

TEST(Wire, EveryQuestionComesBackAsItWas) {
  const std::vector<Question::Body> bodies = {
      Ping{7, {true, kTwo, "b"}}, VoteRequest{true, 8}, FenceRequest{kTwo},
      PromoteRequest{.epoch = kTwo,
                     .position = {{1, {10}}, 9},
                     .nonce = 4,
                     .all_members = true,
                     .configuration = Recorded({"a", "b"})},
      ReplicaOfRequest{kTwo, "b", "127.0.0.1:7002", IdOf("b")}};
  for (const Question::Body& body : bodies) {
    const Question question{"g", "a", IdOf("a"), body};
    v1::Question proto;
    ASSERT_TRUE(proto.ParseFromString(Bytes(question)));
    const auto back = FromProto(proto);
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(back->body.index(), body.index());
    EXPECT_EQ(Bytes(*back), Bytes(question));
  }
}

TEST(Wire, EveryAnswerComesBackAsItWas) {
  replication::MemberView view = Formed("b", {kTwo, 9});
  view.role = replication::Role::kMaster;
  const std::vector<Answer> answers = {
      Pong{view, 7, {true, kTwo, "b"}}, VoteReply{true, 7, IdOf("b"), "why"},
      FenceReply{true, view}, PromoteReply{false, "no", view},
      ReplicaOfReply{true, view}};
  for (const Answer& answer : answers) {
    v1::Answer proto;
    ASSERT_TRUE(proto.ParseFromString(Bytes(answer)));
    const auto back = FromProto(proto);
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(back->index(), answer.index());
    EXPECT_EQ(Bytes(*back), Bytes(answer));
  }
}

struct Row {
  std::function<void(v1::Question&)> damage;
  const char* error;
};

TEST(Wire, GarbageInAQuestionIsNamed) {
  const std::vector<Row> rows = {
      {[](v1::Question& q) { q.clear_body(); }, "unknown kind"},
      {[](v1::Question& q) { q.set_group(""); }, "group is not a name"},
      {[](v1::Question& q) { q.set_from("a\n+switch-master"); },
       "from is not a name"},
      {[](v1::Question& q) { q.set_from(std::string(65, 'a')); },
       "from is not a name"},
      {[](v1::Question& q) { q.mutable_ping()->set_epoch(UINT64_MAX); },
       "epoch is"},
      {[](v1::Question& q) { q.mutable_vote()->set_number(UINT64_MAX); },
       "number is"},
      {[](v1::Question& q) {
         q.mutable_fence()->mutable_epoch()->set_number(UINT64_MAX);
       },
       "epoch is"},
  };
  for (const Row& row : rows) {
    v1::Question proto;
    ToProto({"g", "a", IdOf("a"), Ping{}}, &proto);
    row.damage(proto);
    const absl::Status status = FromProto(proto).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(row.error));
  }
}

TEST(Wire, GarbageInAnAnswerIsNamed) {
  v1::Answer proto;
  EXPECT_TRUE(absl::IsInvalidArgument(FromProto(proto).status()));
  ToProto(Answer(Pong{Formed("b", {kTwo, 9}), 7, {}}), &proto);
  proto.mutable_pong()->mutable_view()->set_role(static_cast<v1::Role>(77));
  EXPECT_TRUE(absl::IsInvalidArgument(FromProto(proto).status()));
  ToProto(Answer(Pong{Formed("b", {kTwo, 9}), 7, {}}), &proto);
  proto.mutable_pong()->mutable_view()->mutable_promise()->set_number(
      UINT64_MAX);
  EXPECT_TRUE(absl::IsInvalidArgument(FromProto(proto).status()));
}

}  // namespace
}  // namespace vigil::sentinel
