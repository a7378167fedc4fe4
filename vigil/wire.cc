#include "vigil/wire.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "replication/wire.h"

namespace vigil {
namespace {

absl::Status Foreign() {
  return absl::InvalidArgumentError("not a message about a forwarded write");
}

// An enumeration whose values go from 0 to `last`.
template <typename Enum>
bool Read(uint32_t from, Enum last, Enum& to) {
  to = static_cast<Enum>(from);
  return from <= static_cast<uint32_t>(last);
}

// Databases that are none stay so; the Writer says which there are.
uint32_t ToDatabase(int from) { return static_cast<uint32_t>(from); }
int FromDatabase(uint32_t from) { return static_cast<int>(from); }

// The ends of the range stand for what is infinite.
int64_t ToNanoseconds(absl::Duration from) {
  return absl::ToInt64Nanoseconds(from);
}
absl::Duration FromNanoseconds(int64_t from) {
  if (from == INT64_MAX) return absl::InfiniteDuration();
  if (from == INT64_MIN) return -absl::InfiniteDuration();
  return absl::Nanoseconds(from);
}

// Rounded up, as a key lives at least as long as it was asked to.
int64_t ToMilliseconds(absl::Time from) {
  if (from == absl::InfinitePast()) return INT64_MIN;
  const int64_t floor = absl::ToUnixMillis(from);
  return absl::FromUnixMillis(floor) < from ? floor + 1 : floor;
}
absl::Time FromMilliseconds(int64_t from) {
  return from == INT64_MIN ? absl::InfinitePast() : absl::FromUnixMillis(from);
}

void ToProto(const Command::Operation& from, v1::WriteOperation* to) {
  to->set_kind(static_cast<uint32_t>(from.kind));
  to->set_database(ToDatabase(from.database));
  to->set_key(from.key);
  to->set_value(from.value);
  const BatchSetOptions& options = from.options;
  to->set_ttl(ToNanoseconds(options.ttl));
  if (options.expires_at != absl::InfiniteFuture())
    to->set_expires_at(ToMilliseconds(options.expires_at));
  to->set_keep_ttl(options.keep_ttl);
  to->set_when(static_cast<uint32_t>(options.when));
  if (options.if_version) to->set_if_version(*options.if_version);
  to->set_delta(from.delta);
  to->set_delta_float(from.delta_float);
  to->set_offset(from.offset);
}

bool FromProto(v1::WriteOperation&& from, Command::Operation& to) {
  to.database = FromDatabase(from.database());
  to.key = std::move(*from.mutable_key());
  to.value = std::move(*from.mutable_value());
  to.options.ttl = FromNanoseconds(from.ttl());
  if (from.has_expires_at())
    to.options.expires_at = FromMilliseconds(from.expires_at());
  to.options.keep_ttl = from.keep_ttl();
  if (from.has_if_version()) to.options.if_version = from.if_version();
  to.delta = from.delta();
  to.delta_float = from.delta_float();
  to.offset = from.offset();
  return Read(from.kind(), Command::OperationKind::kCheck, to.kind) &&
         Read(from.when(), When::kIfPresent, to.options.when);
}

void ToProto(const Receipt& from, v1::Receipt* to) {
  to->set_epoch(from.epoch);
  to->set_index(from.index);
  to->set_level(static_cast<uint32_t>(from.reached.level));
  to->set_replicas(from.reached.replicas);
}

bool FromProto(const v1::Receipt& from, Receipt& to) {
  to.epoch = from.epoch();
  to.index = from.index();
  to.reached.replicas = from.replicas();
  return Read(from.level(), Ack::kQuorumDurable, to.reached.level);
}

void ToProto(const Command& from, v1::WriteCommand* to) {
  to->set_kind(static_cast<uint32_t>(from.kind));
  to->set_ack_level(static_cast<uint32_t>(from.ack.level));
  to->set_ack_replicas(from.ack.replicas);
  to->set_database(ToDatabase(from.database));
  for (const Command::Operation& each : from.operations)
    ToProto(each, to->add_operations());
  to->set_return_previous(from.return_previous);
  to->set_expire_if(static_cast<uint32_t>(from.expire_if));
  to->set_ttl(ToNanoseconds(from.ttl));
  to->set_other_database(ToDatabase(from.other_database));
  ToProto(from.receipt, to->mutable_receipt());
}

bool FromProto(v1::WriteCommand&& from, Command& to) {
  bool good = Read(from.kind(), Command::Kind::kWait, to.kind) &&
              from.kind() != 0 &&
              Read(from.ack_level(), Ack::kQuorumDurable, to.ack.level) &&
              Read(from.expire_if(), ExpireIf::kLess, to.expire_if) &&
              FromProto(from.receipt(), to.receipt);
  to.ack.replicas = from.ack_replicas();
  to.database = FromDatabase(from.database());
  to.return_previous = from.return_previous();
  to.ttl = FromNanoseconds(from.ttl());
  to.other_database = FromDatabase(from.other_database());
  to.operations.resize(static_cast<size_t>(from.operations_size()));
  for (int i = 0; i < from.operations_size(); ++i) {
    good = FromProto(std::move(*from.mutable_operations(i)),
                     to.operations[static_cast<size_t>(i)]) &&
           good;
  }
  return good;
}

}  // namespace

void ToProto(const ForwardRequest& from, v1::ForwardRequest* to) {
  to->set_session_high(from.session.high);
  to->set_session_low(from.session.low);
  to->set_slot(from.slot);
  to->set_sequence(from.sequence);
  replication::ToProto(from.epoch, to->mutable_epoch());
  to->set_in_doubt(from.in_doubt);
  to->set_time_left(ToNanoseconds(from.time_left));
  ToProto(*from.command, to->mutable_command());
}

absl::StatusOr<ForwardRequest> FromProto(v1::ForwardRequest&& from) {
  auto command = std::make_shared<Command>();
  if (!FromProto(std::move(*from.mutable_command()), *command) ||
      from.slot() >= kSessionSlots || from.sequence() == 0) {
    return Foreign();
  }
  ForwardRequest to;
  to.session = {from.session_high(), from.session_low()};
  to.slot = from.slot();
  to.sequence = from.sequence();
  to.epoch = replication::FromProto(from.epoch());
  to.in_doubt = from.in_doubt();
  to.time_left = FromNanoseconds(from.time_left());
  to.command = std::move(command);
  return to;
}

void ToProto(const ForwardReply& from, v1::ForwardReply* to) {
  to->set_kind(static_cast<uint32_t>(from.kind));
  to->set_once_more(from.once_more);
  to->set_code(static_cast<uint32_t>(from.status.code()));
  to->set_words(std::string(from.status.message()));
  ToProto(from.receipt, to->mutable_receipt());
  to->set_outcome(from.outcome);
}

absl::StatusOr<ForwardReply> FromProto(v1::ForwardReply&& from) {
  ForwardReply to;
  absl::StatusCode code = absl::StatusCode::kOk;
  if (!Read(from.kind(), ForwardReply::Kind::kNoRoom, to.kind) ||
      from.kind() == 0 ||
      !Read(from.code(), absl::StatusCode::kUnauthenticated, code) ||
      !FromProto(from.receipt(), to.receipt)) {
    return Foreign();
  }
  to.once_more = from.once_more();
  to.status = absl::Status(code, from.words());
  // What an older master means by a status that is missing here is not success.
  if (to.kind != ForwardReply::Kind::kDone && to.status.ok())
    to.status = absl::UnknownError("the master did not say why");
  to.outcome = std::move(*from.mutable_outcome());
  return to;
}

}  // namespace vigil
