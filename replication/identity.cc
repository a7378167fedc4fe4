#include "replication/identity.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/base/random.h"
#include "replication/dropped_files.h"

namespace vigil::replication {
namespace {

constexpr std::string_view kMetaName = "member";
constexpr std::string_view kAllSynced = "-";
constexpr char kGroupLabel[] = "group";
constexpr char kStateLabel[] = "member_state";

// Whether the directory is the one that the options mean.
absl::Status CheckFits(const MemberState& state, const Identity& identity) {
  const std::string prefix =
      absl::StrCat("data_dir '", identity.data_dir, "' belongs to ");
  if (state.group != identity.group) {
    return absl::FailedPreconditionError(absl::StrCat(
        prefix, "group '", state.group, "', not to '", identity.group, "'"));
  }
  if (state.name != identity.name) {
    return absl::FailedPreconditionError(absl::StrCat(
        prefix, "node_id '", state.name, "', not to '", identity.name, "'"));
  }
  // Once they were changed, the options have no say any more.
  const Configuration& recorded = state.configurations.newest();
  if (recorded.version == 1 && identity.members.size() > 0 &&
      !SameMembers(recorded, identity.members)) {
    return absl::FailedPreconditionError(
        absl::StrCat(prefix, "a group of the members ", ToString(recorded),
                     "; the options say ", ToString(identity.members)));
  }
  return absl::OkStatus();
}

constexpr size_t kScanBytes = 1 << 20;

// The process ended while it appended a configuration: is it in the log?
absl::Status FindAppended(engine::Engine& engine, MemberState& state) {
  if (!state.appending.has_value()) return absl::OkStatus();
  const auto appending = *std::exchange(state.appending, std::nullopt);
  for (uint64_t next = appending.after + 1; next <= engine.last_index();) {
    const auto slice = engine.ReadLog(next, kScanBytes);
    if (!slice.ok() || slice->records.empty()) {
      return absl::DataLossError(
          absl::StrCat("data_dir does not say who the members are: record ",
                       next, " is not in its log any more"));
    }
    for (auto& entry : ConfigurationsIn(slice->records)) {
      if (entry.configuration != appending.configuration) continue;
      state.configurations.Append(entry.index, std::move(entry.configuration));
      return absl::OkStatus();
    }
    next = slice->last + 1;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<MemberState> OpenMemberState(engine::Engine& engine,
                                            const Identity& identity) {
  const std::string bytes = engine.ReadMeta(kMetaName);
  MemberState state;
  if (bytes.empty()) {
    if (engine.last_index() != 0) {
      return absl::DataLossError(
          "data_dir holds data, but the identity that belongs to it is gone");
    }
    state.group = identity.group;
    state.name = identity.name;
    state.id = NodeId{RandomFromSystem()};
    state.configurations = identity.members;
  } else {
    absl::StatusOr<MemberState> read = DecodeMemberState(bytes);
    if (!read.ok()) return read.status();
    state = *std::move(read);
    if (absl::Status fits = CheckFits(state, identity); !fits.ok()) return fits;
    // Before the group has recorded its members, the options are the only list.
    if (absl::Status s = FindAppended(engine, state); !s.ok()) return s;
    state.configurations.TrimTo(engine.last_index());
    if (state.configurations.newest().version == 0)
      state.configurations = identity.members;
    if (state.boot != kAllSynced && state.boot != identity.boot) {
      state.formed = false;
    }
  }
  state.boot = identity.boot;
  if (absl::Status saved = SaveMemberState(engine, state); !saved.ok()) {
    return saved;
  }
  return state;
}

absl::Status MarkClean(engine::Engine& engine, MemberState state) {
  state.boot = kAllSynced;
  return SaveMemberState(engine, state);
}

absl::Status SaveMemberState(engine::Engine& engine, const MemberState& state) {
  return engine.WriteMeta(kMetaName, EncodeMemberState(state));
}

absl::StatusOr<engine::MetaMap> BackupLabels(const engine::Engine& engine) {
  const std::string bytes = engine.ReadMeta(kMetaName);
  const absl::StatusOr<MemberState> state = DecodeMemberState(bytes);
  if (!state.ok()) return state.status();
  return engine::MetaMap{{kGroupLabel, state->group}, {kStateLabel, bytes}};
}

absl::StatusOr<MemberState> FromBackupLabels(const engine::MetaMap& labels) {
  const auto it = labels.find(kStateLabel);
  if (it == labels.end()) {
    return absl::FailedPreconditionError("the backup does not say whose it is");
  }
  return DecodeMemberState(it->second);
}

MemberState RestoredState(const MemberState& backed_up,
                          const Identity& identity) {
  MemberState state;
  state.group = identity.group;
  state.name = identity.name;
  state.id = NodeId{RandomFromSystem()};
  state.configurations = identity.members;
  state.boot = identity.boot;
  state.lineage = backed_up.lineage;
  state.history = backed_up.history;
  state.formed = false;
  // New epochs have to be above those of the data.
  state.promise = backed_up.promise;
  return state;
}

std::vector<std::string> IdentityMeta() {
  return {std::string(kMetaName), kDroppedMeta};
}

engine::MetaMap MemberMeta(const MemberState& state) {
  return {{std::string(kMetaName), EncodeMemberState(state)}};
}

}  // namespace vigil::replication
