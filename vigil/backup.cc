#include "vigil/backup.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/clock.h"
#include "engine/rocksdb_backup.h"
#include "engine/rocksdb_storage.h"
#include "engine/work_board.h"
#include "replication/identity.h"
#include "vigil/conversions.h"

namespace vigil {
namespace {

// Turns what the engine's work says now and then into items of a board, which knows
// the time.
class Telling {
 public:
  explicit Telling(const OnWork& on_work)
      : board_(clock_, [on_work](const engine::Work& work) {
          if (on_work) on_work(ToWorkStatus(work));
        }) {}

  engine::OnProgress listener() {
    return [this](const engine::Progress& progress) {
      if (item_ == nullptr) {
        item_ = std::make_unique<engine::WorkBoard::Item>(
            board_, std::string(progress.what), 0,
            progress.total_bytes_estimate);
      }
      item_->Add(0, progress.done_bytes - told_);
      told_ = progress.done_bytes;
    };
  }

 private:
  const SystemClock clock_;
  engine::WorkBoard board_;
  std::unique_ptr<engine::WorkBoard::Item> item_;
  uint64_t told_ = 0;
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

}  // namespace

absl::StatusOr<BackupInfo> VerifyBackup(const std::string& dir,
                                        const OnWork& on_work) {
  Telling telling(on_work);
  const auto manifest = engine::VerifyBackup(dir, telling.listener());
  if (!manifest.ok()) return manifest.status();
  return ToInfo(*manifest);
}

absl::StatusOr<BackupInfo> RestoreBackup(const std::string& dir,
                                         const Options& node,
                                         const OnWork& on_work) {
  if (absl::Status valid = node.Validate(); !valid.ok()) return valid;
  if (node.data_dir.empty()) {
    return absl::InvalidArgumentError(
        "data_dir is empty; allowed: a directory");
  }
  std::vector<std::string> dropped = replication::IdentityMeta();
  dropped.push_back(kSentinelMeta);
  Telling telling(on_work);
  const auto manifest =
      engine::RestoreBackup({.backup_dir = dir,
                             .data_dir = node.data_dir,
                             .expected_labels = {{"group", node.group}},
                             .dropped_meta = std::move(dropped)},
                            telling.listener());
  if (!manifest.ok()) return manifest.status();
  // Should the process end before this: a directory with data and without an identity
  // is refused by Node::Open.
  if (absl::Status s = WriteIdentity(*manifest, node); !s.ok()) return s;
  return ToInfo(*manifest);
}

}  // namespace vigil
