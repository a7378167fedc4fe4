#include "vigil/backup.h"

#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/clock.h"
#include "engine/rocksdb_backup.h"
#include "engine/rocksdb_storage.h"
#include "engine/work_board.h"
#include "replication/identity.h"
#include "vigil/callback_gate.h"
#include "vigil/conversions.h"
#include "vigil/errand.h"

namespace vigil {
namespace {

// A board without a node, which knows the time.
class Telling {
 public:
  explicit Telling(const OnWork& on_work)
      : board_(clock_, [on_work](const engine::Work& work) {
          if (on_work) on_work(ToWorkStatus(work));
        }) {}

  engine::OnProgress listener() { return item_.listener(); }

 private:
  const SystemClock clock_;
  engine::WorkBoard board_;
  engine::ProgressItem item_{board_};
};

absl::StatusOr<BackupInfo> ToInfo(const engine::BackupManifest& manifest) {
  const auto state = replication::FromBackupLabels(manifest.labels);
  if (!state.ok()) return state.status();
  return BackupInfo{.group = state->group,
                    .lineage = ToString(state->lineage),
                    .files = manifest.files.size(),
                    .bytes = manifest.bytes()};
}

absl::Status WriteIdentity(const engine::BackupManifest& manifest,
                           const Options& node) {
  const auto backed_up = replication::FromBackupLabels(manifest.labels);
  if (!backed_up.ok()) return backed_up.status();
  auto storage = engine::OpenRocksDbStorage(node.data_dir);
  if (!storage.ok()) return storage.status();
  const replication::MemberState state =
      replication::RestoredState(*backed_up, {.group = node.group,
                                              .name = node.node_id,
                                              .data_dir = node.data_dir,
                                              .members = ToConfiguration(node),
                                              .boot = "restored"});
  for (const auto& [name, value] : replication::MemberMeta(state)) {
    if (absl::Status s = (*storage)->WriteMeta(name, value); !s.ok()) return s;
  }
  return absl::OkStatus();
}

absl::StatusOr<BackupInfo> Restore(const std::string& dir, const Options& node,
                                   const OnWork& on_work, const Limit& limit) {
  std::vector<std::string> dropped = replication::IdentityMeta();
  dropped.push_back(kSentinelMeta);
  Telling telling(on_work);
  const auto manifest =
      engine::RestoreBackup({.backup_dir = dir,
                             .data_dir = node.data_dir,
                             .expected_labels = {{"group", node.group}},
                             .dropped_meta = std::move(dropped)},
                            telling.listener(), limit);
  if (!manifest.ok()) return manifest.status();
  // Should the process end before this: a directory with data and without an identity
  // is refused by Node::Open.
  if (absl::Status s = WriteIdentity(*manifest, node); !s.ok()) return s;
  return ToInfo(*manifest);
}

struct Task {
  const char* thread;
  const char* what;
  std::function<void()> undo;
};
using Doing = std::function<absl::StatusOr<BackupInfo>(const OnWork& on_work,
                                                       const Limit& limit)>;

// Does it on a thread of its own, and waits as long as `options` say.
absl::StatusOr<BackupInfo> Bounded(const Task& task, const WorkOptions& options,
                                   const OnWork& on_work, Doing doing) {
  const auto gate = std::make_shared<CallbackGate>();
  const auto info = std::make_shared<BackupInfo>();
  const OnWork tell = CallbackGate::Guard(gate, on_work);
  const auto errand = Errand::Begin(
      task.thread, task.what, Limit::In(options.timeout, options.cancel),
      [info, tell, doing = std::move(doing)](const Limit& limit) {
        const absl::StatusOr<BackupInfo> done = doing(tell, limit);
        if (done.ok()) *info = *done;
        return done.status();
      },
      task.undo);
  const absl::Status done = errand->Await();
  gate->Close();
  if (!done.ok()) return done;
  return *info;
}

}  // namespace

absl::StatusOr<BackupInfo> VerifyBackup(const std::string& dir,
                                        const OnWork& on_work,
                                        const WorkOptions& options) {
  return Bounded({.thread = "vigil-verify", .what = "the check of the backup"},
                 options, on_work,
                 [dir](const OnWork& tell,
                       const Limit& limit) -> absl::StatusOr<BackupInfo> {
                   Telling telling(tell);
                   const auto manifest =
                       engine::VerifyBackup(dir, telling.listener(), limit);
                   if (!manifest.ok()) return manifest.status();
                   return ToInfo(*manifest);
                 });
}

absl::StatusOr<BackupInfo> RestoreBackup(const std::string& dir,
                                         const Options& node,
                                         const OnWork& on_work,
                                         const WorkOptions& options) {
  if (absl::Status valid = node.Validate(); !valid.ok()) return valid;
  if (node.data_dir.empty()) {
    return absl::InvalidArgumentError(
        "data_dir is empty; allowed: a directory");
  }
  return Bounded({.thread = "vigil-restore",
                  .what = "the restore",
                  .undo =
                      [data_dir = node.data_dir] {
                        std::error_code ignored;
                        std::filesystem::remove_all(data_dir, ignored);
                      }},
                 options, on_work,
                 [dir, node](const OnWork& tell, const Limit& limit) {
                   return Restore(dir, node, tell, limit);
                 });
}

}  // namespace vigil
