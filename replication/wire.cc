#include "replication/wire.h"

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"

namespace vigil::replication {
namespace {

void WriteHistory(const History& from,
                  google::protobuf::RepeatedPtrField<v1::HistoryEntry>* to) {
  for (const History::Entry& entry : from.entries()) {
    v1::HistoryEntry* added = to->Add();
    ToProto(entry.epoch, added->mutable_epoch());
    added->set_first_index(entry.first_index);
  }
}

History ReadHistory(
    const google::protobuf::RepeatedPtrField<v1::HistoryEntry>& from) {
  std::vector<History::Entry> entries;
  for (const v1::HistoryEntry& entry : from) {
    entries.push_back({FromProto(entry.epoch()), entry.first_index()});
  }
  return History(std::move(entries));
}

using RepeatedMember = google::protobuf::RepeatedPtrField<v1::Member>;

void WriteMembers(const std::vector<Member>& from, RepeatedMember* to) {
  for (const Member& member : from) {
    v1::Member* added = to->Add();
    added->set_name(member.name);
    added->set_address(member.address);
    added->set_id(member.id.value);
  }
}

std::vector<Member> ReadMembers(const RepeatedMember& from) {
  std::vector<Member> to;
  for (const v1::Member& member : from) {
    to.push_back({ReadWord(member.name()), ReadWord(member.address()),
                  NodeId{member.id()}});
  }
  return to;
}

using RepeatedConfiguration =
    google::protobuf::RepeatedPtrField<v1::ConfigurationEntry>;

void WriteConfigurations(const ConfigurationLog& from,
                         RepeatedConfiguration* to) {
  for (const ConfigurationLog::Entry& entry : from.entries()) {
    v1::ConfigurationEntry* added = to->Add();
    added->set_index(entry.index);
    ToProto(entry.configuration, added->mutable_configuration());
  }
}

ConfigurationLog ReadConfigurations(const RepeatedConfiguration& from) {
  std::vector<ConfigurationLog::Entry> entries;
  for (const v1::ConfigurationEntry& entry : from)
    entries.push_back({entry.index(), FromProto(entry.configuration())});
  return ConfigurationLog(std::move(entries));
}

}  // namespace

std::string ReadWord(const std::string& from) {
  std::string word;
  for (char c : from) {
    if (c > ' ' && c < 127) word += c;
  }
  return word;
}

void ToProto(const Epoch& from, v1::Epoch* to) {
  to->set_number(from.number);
  to->set_leader(from.leader.value);
}

Epoch FromProto(const v1::Epoch& from) {
  return {from.number(), NodeId{from.leader()}};
}

void ToProto(const Position& from, v1::Position* to) {
  ToProto(from.epoch, to->mutable_epoch());
  to->set_index(from.index);
}

void ToProto(const SharedOptions& from, RepeatedSharedOption* to) {
  for (const auto& [name, value] : from) {
    v1::SharedOption* added = to->Add();
    added->set_name(name);
    added->set_value(value);
  }
}

SharedOptions FromProto(const RepeatedSharedOption& from) {
  SharedOptions options;
  for (const v1::SharedOption& option : from) {
    if (static_cast<int>(options.size()) == kSharedOptionsMax) break;
    options[ReadWord(option.name().substr(0, kSharedOptionBytesMax))] =
        ReadWord(option.value().substr(0, kSharedOptionBytesMax));
  }
  return options;
}

Position FromProto(const v1::Position& from) {
  return {FromProto(from.epoch()), from.index()};
}

void ToProto(const Configuration& from, v1::Configuration* to) {
  to->set_version(from.version);
  WriteMembers(from.members, to->mutable_members());
  WriteMembers(from.before, to->mutable_before());
  WriteMembers(from.readers, to->mutable_readers());
}

Configuration FromProto(const v1::Configuration& from) {
  return {.version = from.version(),
          .members = ReadMembers(from.members()),
          .before = ReadMembers(from.before()),
          .readers = ReadMembers(from.readers())};
}

void ToProto(const MemberView& from, v1::MemberView* to) {
  to->set_name(from.name);
  to->set_address(from.address);
  to->set_id(from.id.value);
  to->set_lineage(from.lineage.value);
  to->set_role(from.role == Role::kMaster ? v1::ROLE_MASTER : v1::ROLE_REPLICA);
  ToProto(from.epoch, to->mutable_epoch());
  to->set_master(from.master);
  to->set_linked(from.linked);
  ToProto(from.promise, to->mutable_promise());
  ToProto(from.position, to->mutable_position());
  to->set_commit(from.commit);
  to->set_formed(from.formed);
  to->set_exact(from.exact);
  to->set_healthy(from.healthy);
  to->set_nonce(from.nonce);
  to->set_priority(from.priority);
  ToProto(from.configuration, to->mutable_configuration());
  ToProto(from.history_epoch, to->mutable_history_epoch());
}

MemberView FromProto(const v1::MemberView& from) {
  return {
      .name = ReadWord(from.name()),
      .address = ReadWord(from.address()),
      .id = NodeId{from.id()},
      .lineage = Lineage{from.lineage()},
      .role = from.role() == v1::ROLE_MASTER ? Role::kMaster : Role::kReplica,
      .epoch = FromProto(from.epoch()),
      .master = ReadWord(from.master()),
      .linked = from.linked(),
      .promise = FromProto(from.promise()),
      .position = FromProto(from.position()),
      .commit = from.commit(),
      .formed = from.formed(),
      .exact = from.exact(),
      .healthy = from.healthy(),
      .nonce = from.nonce(),
      .priority = from.priority(),
      .configuration = FromProto(from.configuration()),
      .history_epoch = FromProto(from.history_epoch())};
}

void ToProto(const FenceRequest& from, v1::FenceRequest* to) {
  ToProto(from.epoch, to->mutable_epoch());
}

FenceRequest FromProto(const v1::FenceRequest& from) {
  return {.epoch = FromProto(from.epoch())};
}

void ToProto(const FenceReply& from, v1::FenceReply* to) {
  to->set_promised(from.promised);
  ToProto(from.view, to->mutable_view());
}

FenceReply FromProto(const v1::FenceReply& from) {
  return {.promised = from.promised(), .view = FromProto(from.view())};
}

void ToProto(const PromoteRequest& from, v1::PromoteRequest* to) {
  ToProto(from.epoch, to->mutable_epoch());
  ToProto(from.position, to->mutable_position());
  to->set_nonce(from.nonce);
  to->set_all_members(from.all_members);
  ToProto(from.configuration, to->mutable_configuration());
}

PromoteRequest FromProto(const v1::PromoteRequest& from) {
  return {.epoch = FromProto(from.epoch()),
          .position = FromProto(from.position()),
          .nonce = from.nonce(),
          .all_members = from.all_members(),
          .configuration = FromProto(from.configuration())};
}

void ToProto(const PromoteReply& from, v1::PromoteReply* to) {
  to->set_promoted(from.promoted);
  to->set_refusal(from.refusal);
  ToProto(from.view, to->mutable_view());
}

PromoteReply FromProto(const v1::PromoteReply& from) {
  return {.promoted = from.promoted(),
          .refusal = from.refusal(),
          .view = FromProto(from.view())};
}

void ToProto(const ReplicaOfRequest& from, v1::ReplicaOfRequest* to) {
  ToProto(from.epoch, to->mutable_epoch());
  to->set_master_name(from.master_name);
  to->set_master_address(from.master_address);
  to->set_master_id(from.master_id.value);
}

ReplicaOfRequest FromProto(const v1::ReplicaOfRequest& from) {
  return {.epoch = FromProto(from.epoch()),
          .master_name = ReadWord(from.master_name()),
          .master_address = ReadWord(from.master_address()),
          .master_id = NodeId{from.master_id()}};
}

void ToProto(const ReplicaOfReply& from, v1::ReplicaOfReply* to) {
  to->set_accepted(from.accepted);
  ToProto(from.view, to->mutable_view());
}

ReplicaOfReply FromProto(const v1::ReplicaOfReply& from) {
  return {.accepted = from.accepted(), .view = FromProto(from.view())};
}

bool ToProto(const Message& from, v1::FromReplica* to) {
  if (const auto* hello = std::get_if<Hello>(&from)) {
    v1::Hello* out = to->mutable_hello();
    out->set_protocol(hello->protocol);
    out->set_group(hello->group);
    out->set_name(hello->name);
    out->set_address(hello->address);
    out->set_id(hello->id.value);
    out->set_lineage(hello->lineage.value);
    ToProto(hello->epoch, out->mutable_epoch());
    ToProto(hello->position, out->mutable_position());
    WriteHistory(hello->history, out->mutable_history());
    out->set_nonce(hello->nonce);
    out->set_formed(hello->formed);
    out->set_no_rewind(hello->no_rewind);
    ToProto(hello->options, out->mutable_options());
    return true;
  }
  if (const auto* ack = std::get_if<Ack>(&from)) {
    v1::Ack* out = to->mutable_ack();
    ToProto(ack->epoch, out->mutable_epoch());
    out->set_held(ack->held);
    out->set_durable(ack->durable);
    out->set_formed(ack->formed);
    out->set_round(ack->round);
    out->set_read(ack->read);
    return true;
  }
  if (const auto* keys = std::get_if<RewindKeys>(&from)) {
    to->mutable_rewind_keys()->set_records(keys->records);
    to->mutable_rewind_keys()->set_more(keys->more);
    return true;
  }
  return false;
}

bool ToProto(const Message& from, v1::FromMaster* to) {
  if (const auto* records = std::get_if<Records>(&from)) {
    v1::Records* out = to->mutable_records();
    ToProto(records->epoch, out->mutable_epoch());
    out->set_first(records->first);
    out->set_last(records->last);
    out->set_records(records->records);
    out->set_commit(records->commit);
    out->set_end(records->end);
    out->set_sync(records->sync);
    out->set_round(records->round);
    out->set_read(records->read);
    out->set_read_index(records->read_index);
    return true;
  }
  if (const auto* welcome = std::get_if<Welcome>(&from)) {
    v1::Welcome* out = to->mutable_welcome();
    ToProto(welcome->epoch, out->mutable_epoch());
    out->set_lineage(welcome->lineage.value);
    WriteHistory(welcome->history, out->mutable_history());
    WriteConfigurations(welcome->configurations, out->mutable_configurations());
    out->set_full(welcome->full);
    out->set_from(welcome->from);
    out->set_target(welcome->target);
    out->set_nonce(welcome->nonce);
    out->set_rewind(welcome->rewind);
    out->set_keys(welcome->keys);
    return true;
  }
  if (const auto* refused = std::get_if<Refused>(&from)) {
    ToProto(refused->promise, to->mutable_refused()->mutable_promise());
    to->mutable_refused()->set_why(refused->why);
    return true;
  }
  if (const auto* entries = std::get_if<Entries>(&from)) {
    to->mutable_entries()->set_records(entries->records);
    return true;
  }
  if (const auto* end = std::get_if<EntriesEnd>(&from)) {
    to->mutable_entries_end()->set_last(end->last);
    return true;
  }
  return false;
}

absl::StatusOr<Message> FromProto(v1::FromReplica&& from) {
  switch (from.kind_case()) {
    case v1::FromReplica::kHello: {
      const v1::Hello& in = from.hello();
      return Hello{.protocol = in.protocol(),
                   .group = ReadWord(in.group()),
                   .name = ReadWord(in.name()),
                   .address = ReadWord(in.address()),
                   .id = NodeId{in.id()},
                   .lineage = Lineage{in.lineage()},
                   .epoch = FromProto(in.epoch()),
                   .position = FromProto(in.position()),
                   .history = ReadHistory(in.history()),
                   .nonce = in.nonce(),
                   .formed = in.formed(),
                   .no_rewind = in.no_rewind(),
                   .options = FromProto(in.options())};
    }
    case v1::FromReplica::kAck: {
      const v1::Ack& in = from.ack();
      return Ack{.epoch = FromProto(in.epoch()),
                 .held = in.held(),
                 .durable = in.durable(),
                 .formed = in.formed(),
                 .round = in.round(),
                 .read = in.read()};
    }
    case v1::FromReplica::kRewindKeys: {
      v1::RewindKeys& in = *from.mutable_rewind_keys();
      return RewindKeys{.records = std::move(*in.mutable_records()),
                        .more = in.more()};
    }
    case v1::FromReplica::KIND_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("a message of an unknown kind");
}

absl::StatusOr<Message> FromProto(v1::FromMaster&& from) {
  switch (from.kind_case()) {
    case v1::FromMaster::kWelcome: {
      const v1::Welcome& in = from.welcome();
      return Welcome{.epoch = FromProto(in.epoch()),
                     .lineage = Lineage{in.lineage()},
                     .history = ReadHistory(in.history()),
                     .configurations = ReadConfigurations(in.configurations()),
                     .full = in.full(),
                     .rewind = in.rewind(),
                     .from = in.from(),
                     .target = in.target(),
                     .nonce = in.nonce(),
                     .keys = in.keys()};
    }
    case v1::FromMaster::kRefused:
      return Refused{.promise = FromProto(from.refused().promise()),
                     .why = from.refused().why()};
    case v1::FromMaster::kEntries:
      return Entries{std::move(*from.mutable_entries()->mutable_records())};
    case v1::FromMaster::kEntriesEnd:
      return EntriesEnd{from.entries_end().last()};
    case v1::FromMaster::kRecords: {
      v1::Records& in = *from.mutable_records();
      return Records{.epoch = FromProto(in.epoch()),
                     .first = in.first(),
                     .last = in.last(),
                     .records = std::move(*in.mutable_records()),
                     .commit = in.commit(),
                     .end = in.end(),
                     .sync = in.sync(),
                     .round = in.round(),
                     .read = in.read(),
                     .read_index = in.read_index()};
    }
    case v1::FromMaster::KIND_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("a message of an unknown kind");
}

}  // namespace vigil::replication
