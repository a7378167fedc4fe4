// Between our plain values and the protobuf messages of
// proto/vigil/replication.proto. What comes from outside is checked here for
// shape; its meaning is checked by the cores, which trust nobody.
#ifndef VIGIL_REPLICATION_WIRE_H_
#define VIGIL_REPLICATION_WIRE_H_

#include <string>

#include "absl/status/statusor.h"
#include "replication/member_messages.h"
#include "replication/message.h"
#include "vigil/replication.pb.h"

namespace vigil::replication {

// Names and addresses are words: what else comes from outside is cut out, so that
// they can be kept and printed as words.
std::string ReadWord(const std::string& from);

using RepeatedSharedOption =
    google::protobuf::RepeatedPtrField<v1::SharedOption>;
void ToProto(const SharedOptions& from, RepeatedSharedOption* to);
// Reads no more than the bounds of shared_options.h.
SharedOptions FromProto(const RepeatedSharedOption& from);

void ToProto(const Epoch& from, v1::Epoch* to);
void ToProto(const Position& from, v1::Position* to);
void ToProto(const Configuration& from, v1::Configuration* to);
void ToProto(const MemberView& from, v1::MemberView* to);
void ToProto(const FenceRequest& from, v1::FenceRequest* to);
void ToProto(const FenceReply& from, v1::FenceReply* to);
void ToProto(const PromoteRequest& from, v1::PromoteRequest* to);
void ToProto(const PromoteReply& from, v1::PromoteReply* to);
void ToProto(const ReplicaOfRequest& from, v1::ReplicaOfRequest* to);
void ToProto(const ReplicaOfReply& from, v1::ReplicaOfReply* to);

Epoch FromProto(const v1::Epoch& from);
Position FromProto(const v1::Position& from);
Configuration FromProto(const v1::Configuration& from);
MemberView FromProto(const v1::MemberView& from);
FenceRequest FromProto(const v1::FenceRequest& from);
FenceReply FromProto(const v1::FenceReply& from);
PromoteRequest FromProto(const v1::PromoteRequest& from);
PromoteReply FromProto(const v1::PromoteReply& from);
ReplicaOfRequest FromProto(const v1::ReplicaOfRequest& from);
ReplicaOfReply FromProto(const v1::ReplicaOfReply& from);

// False when a message does not travel in this direction.
bool ToProto(const Message& from, v1::FromReplica* to);
bool ToProto(const Message& from, v1::FromMaster* to);
// kInvalidArgument when it holds none of the kinds that we know. Takes the
// bytes.
absl::StatusOr<Message> FromProto(v1::FromReplica&& from);
absl::StatusOr<Message> FromProto(v1::FromMaster&& from);

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_WIRE_H_
