// Messages about forwarded writes: what is taken as one goes back on the wire, and comes
// back as the same.
#include "tests/fuzz/fuzz_target.h"
#include "vigil/wire.h"

namespace vigil::fuzz {
namespace {

template <typename Proto>
void Try(std::string_view bytes) {
  Proto proto;
  if (!proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return;
  const auto message = FromProto(std::move(proto));
  if (!message.ok()) return;
  Proto sent;
  ToProto(*message, &sent);
  const std::string wire = sent.SerializeAsString();
  const auto again = FromProto(std::move(sent));
  Require(again.ok(), "what we send is a message");
  Proto resent;
  ToProto(*again, &resent);
  Require(resent.SerializeAsString() == wire, "it comes back as it was");
}

template <typename Proto, typename Message>
std::string Bytes(const Message& message) {
  Proto proto;
  ToProto(message, &proto);
  return proto.SerializeAsString();
}

}  // namespace

void TryOne(std::string_view bytes) {
  Try<v1::ForwardRequest>(bytes);
  Try<v1::ForwardReply>(bytes);
}

std::vector<std::string> Seeds() {
  const WriteOptions quorum{.ack = Ack::kQuorum, .database = 3};
  const Command commands[] = {
      Command::Set(
          "k", "v",
          {.ttl = absl::Seconds(1), .if_version = 4, .return_previous = true}),
      Command::Increment("n", -1, quorum),
      Command::IncrementFloat("n", 0.5, quorum),
      Command::SetRange("k", 7, "v", {}),
      Command::Rename("k", "l", {.only_if_absent = true}),
      Command::Expire("k", absl::Minutes(1), {.when = ExpireIf::kLess}),
      Command::ExpireAt("k", absl::InfinitePast(), {}),
      Command::DeleteMany({"a", "b"}, {}),
      Command::Write(Batch().Set("a", "1").CheckAbsent("b"), quorum),
      Command::SwapDatabases(1, 2, {.ack = Ack::Replicas(2)}),
      Command::FlushAll({}),
      Command::Wait({.epoch = 1, .index = 2}, Ack::kDisk, absl::Seconds(1))};
  std::vector<std::string> seeds;
  for (const Command& command : commands) {
    seeds.push_back(Bytes<v1::ForwardRequest>(
        ForwardRequest{.session = {1, 2},
                       .slot = 3,
                       .sequence = 4,
                       .epoch = {5, {6}},
                       .in_doubt = true,
                       .command = std::make_shared<Command>(command),
                       .time_left = absl::Seconds(1)}));
  }
  seeds.push_back(Bytes<v1::ForwardReply>(
      ForwardReply{.kind = ForwardReply::Kind::kDone,
                   .once_more = true,
                   .receipt = {.epoch = 1, .index = 2, .reached = Ack::kQuorum},
                   .outcome = "outcome"}));
  seeds.push_back(Bytes<v1::ForwardReply>(
      ForwardReply{.kind = ForwardReply::Kind::kRefused,
                   .status = absl::UnavailableError("why")}));
  return seeds;
}

}  // namespace vigil::fuzz
