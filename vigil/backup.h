// Backups: made by Node::Backup while the node serves, looked at and restored without
// a node. Thread-safety: all from any thread; no two restores to one data_dir.
//
// A backup holds everything that was persisted when it was begun. On the file system of
// the data_dir it costs little time and space, because unchanged files are shared.
#ifndef VIGIL_BACKUP_H_
#define VIGIL_BACKUP_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "vigil/options.h"
#include "vigil/status.h"
#include "vigil/work.h"

namespace vigil {

struct BackupInfo {
  std::string group;    // whose data it is
  std::string lineage;  // identity of the data set
  uint64_t files = 0;
  uint64_t bytes = 0;
};

// Told of progress about ten times a second, from another thread than the caller's, until
// the call returns.
using OnWork = std::function<void(const WorkStatus&)>;

// These two have no asynchronous twins: there is no node yet, so there is no thread to
// call back on. They may take any thread of the application, have a time-out and can be
// cancelled; their callback tells how far they are.

// Reads every byte of the backup in `dir`, and changes nothing. OK: each is as it was
// written.
//   kFailedPrecondition  it is no backup, an unfinished one, or of another format
//   kDataLoss            it is damaged; the message names the file
//   kInternal            the disk failed
//   kDeadlineExceeded    options.timeout; kCancelled: options.cancel
absl::StatusOr<BackupInfo> VerifyBackup(const std::string& dir,
                                        const OnWork& on_work = nullptr,
                                        const WorkOptions& options = {});

// Makes node.data_dir, which must not be there or be empty, from the backup in `dir`:
// whole, or not at all. The node that is opened on it afterwards has the data, and is a
// new member in all else: it forms its group only together with all other members of
// node.members, which are to be empty or restored alike, and then the one with the
// newest data becomes master.
//   kInvalidArgument     an option is out of range, or there is no data_dir
//   kFailedPrecondition  as VerifyBackup; or the backup is of another group; or the
//                        data_dir holds something
//   kDataLoss            the backup is damaged
//   kPermissionDenied    the data_dir cannot be written
//   kInternal            the disk failed
//   kDeadlineExceeded    options.timeout; kCancelled: options.cancel. The data_dir is not
//                        there, or goes again as soon as the disk answers
absl::StatusOr<BackupInfo> RestoreBackup(const std::string& dir,
                                         const Options& node,
                                         const OnWork& on_work = nullptr,
                                         const WorkOptions& options = {});

}  // namespace vigil

#endif  // VIGIL_BACKUP_H_
