// DurableFile: a new file that is on disk, name and all, when Finish has returned OK.
//
// Thread-compatible.
#ifndef VIGIL_REPLICATION_DURABLE_FILE_H_
#define VIGIL_REPLICATION_DURABLE_FILE_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace vigil::replication {

class DurableFile {
 public:
  // Replaces what has this name. Makes the directory if only that is missing.
  explicit DurableFile(const std::string& path);
  // Closes, finished or not.
  ~DurableFile();
  DurableFile(const DurableFile&) = delete;
  DurableFile& operator=(const DurableFile&) = delete;

  // Errors are kept, and told by Finish.
  void Append(std::string_view bytes);
  // kInternal: it is not there, or not all of it, and why.
  absl::Status Finish();

 private:
  void Keep(std::string_view what, int error);
  void SyncDirectory(const std::string& dir);

  const std::string path_;
  int fd_ = -1;
  absl::Status status_;
};

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_DURABLE_FILE_H_
