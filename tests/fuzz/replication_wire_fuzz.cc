// Messages between master and replica: what is taken as one goes back on the wire,
// and comes back as the same.
#include "replication/wire.h"
#include "tests/fuzz/fuzz_target.h"

namespace vigil::fuzz {
namespace {

template <typename Proto>
void Try(std::string_view bytes) {
  Proto proto;
  if (!proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return;
  const auto message = replication::FromProto(std::move(proto));
  if (!message.ok()) return;
  Proto sent;
  if (!replication::ToProto(*message, &sent)) return;
  const std::string wire = sent.SerializeAsString();
  const auto again = replication::FromProto(std::move(sent));
  Require(again.ok(), "what we send is a message");
  Proto resent;
  Require(replication::ToProto(*again, &resent), "in the same direction");
  Require(resent.SerializeAsString() == wire, "it comes back as it was");
}

template <typename Proto>
void Add(const replication::Message& message, std::vector<std::string>& to) {
  Proto proto;
  if (replication::ToProto(message, &proto))
    to.push_back(proto.SerializeAsString());
}

}  // namespace

void TryOne(std::string_view bytes) {
  Try<v1::FromReplica>(bytes);
  Try<v1::FromMaster>(bytes);
}

std::vector<std::string> Seeds() {
  const History history({{{1, {0xa1}}, 1}, {{3, {0xa1}}, 20}});
  const std::vector<replication::Message> messages = {
      replication::Hello{.group = "g",
                         .name = "a",
                         .id = {1},
                         .epoch = {3, {2}},
                         .history = history,
                         .nonce = 9},
      replication::Ack{{3, {2}}, 10, 9, true},
      replication::RewindKeys{"keys", true},
      replication::Welcome{.epoch = {3, {2}}, .history = history, .from = 5},
      replication::Welcome{
          .epoch = {3, {2}}, .history = history, .rewind = true, .from = 5},
      replication::Records{.epoch = {3, {2}},
                           .first = 6,
                           .last = 7,
                           .records = "bytes",
                           .commit = 5,
                           .end = 9,
                           .sync = 8},
      replication::Refused{{4, {2}}, "why"}};
  std::vector<std::string> seeds;
  for (const replication::Message& message : messages) {
    Add<v1::FromReplica>(message, seeds);
    Add<v1::FromMaster>(message, seeds);
  }
  return seeds;
}

}  // namespace vigil::fuzz
