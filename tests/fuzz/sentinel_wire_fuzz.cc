// Questions and answers between sentinels: what is taken as one goes back on the wire,
// and comes back as the same.
#include "sentinel/wire.h"
#include "tests/fuzz/fuzz_target.h"

namespace vigil::fuzz {
namespace {

template <typename Proto>
void Try(std::string_view bytes) {
  Proto proto;
  if (!proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return;
  const auto value = sentinel::FromProto(proto);
  if (!value.ok()) return;
  Proto sent;
  sentinel::ToProto(*value, &sent);
  const auto again = sentinel::FromProto(sent);
  Require(again.ok(), "what we send is one");
  Proto resent;
  sentinel::ToProto(*again, &resent);
  Require(resent.SerializeAsString() == sent.SerializeAsString(),
          "it comes back as it was");
}

template <typename Proto, typename Value>
std::string Bytes(const Value& value) {
  Proto proto;
  sentinel::ToProto(value, &proto);
  return proto.SerializeAsString();
}

}  // namespace

void TryOne(std::string_view bytes) {
  Try<v1::Question>(bytes);
  Try<v1::Answer>(bytes);
}

std::vector<std::string> Seeds() {
  const Epoch epoch{3, {2}};
  std::vector<std::string> seeds;
  for (const sentinel::Question::Body& body :
       std::vector<sentinel::Question::Body>{
           sentinel::VoteRequest{true, 8}, replication::FenceRequest{epoch},
           replication::ReplicaOfRequest{epoch, "b", "127.0.0.1:7002", {5}}}) {
    seeds.push_back(
        Bytes<v1::Question>(sentinel::Question{"g", "a", {1}, body}));
  }
  seeds.push_back(Bytes<v1::Answer>(
      sentinel::Answer{sentinel::VoteReply{true, 7, {5}, "why"}}));
  return seeds;
}

}  // namespace vigil::fuzz
