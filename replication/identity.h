// Opens the member state that stands beside the data, or makes a new one.
#ifndef VIGIL_REPLICATION_IDENTITY_H_
#define VIGIL_REPLICATION_IDENTITY_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/engine.h"
#include "replication/configuration.h"
#include "replication/member_state.h"

namespace vigil::replication {

// What the options say of this member.
struct Identity {
  std::string group;
  std::string name;
  std::string data_dir;   // for messages
  Configuration members;  // version 0
  // The machine's present boot, changed by every start of the machine; "-" when
  // every record is synced before it is acknowledged.
  std::string boot;
};

// Reads the state, or writes a first one with a new random id.
// kFailedPrecondition: the directory belongs to another group or name, or the group
// that it belongs to has other members, or other addresses, than the options say.
// A member whose machine went down since it last wrote unsynced data is not
// formed.
absl::StatusOr<MemberState> OpenMemberState(engine::Engine& engine,
                                            const Identity& identity);

// On a clean close, after everything was synced: the tail is not in doubt
// whatever happens to the machine.
absl::Status MarkClean(engine::Engine& engine, MemberState state);

absl::Status SaveMemberState(engine::Engine& engine, const MemberState& state);
engine::MetaMap MemberMeta(const MemberState& state);

// What a backup that is made now says of whose data it holds, as labels
// (engine/backup_manifest.h).
absl::StatusOr<engine::MetaMap> BackupLabels(const engine::Engine& engine);
absl::StatusOr<MemberState> FromBackupLabels(const engine::MetaMap& labels);
// The state of a node that begins with the data of a backup: another node, which has
// promised nothing and acknowledged nothing, with the lineage and history of the data.
// It takes part like any node whose data may be behind.
MemberState RestoredState(const MemberState& backed_up,
                          const Identity& identity);
// Named values that belong to a node and not to its data.
std::vector<std::string> IdentityMeta();

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_IDENTITY_H_
