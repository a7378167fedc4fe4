// Disk: where a node keeps its data. In a sandbox it is a file system in memory, of its
// own and of a limited size, which can be made full.
//
// Lifetime: it is unmounted by the destructor; the kernel does it when the sandbox ends
// otherwise. REQUIRES: no process uses it by then.
#ifndef VIGIL_TESTS_CLUSTER_CHAOS_DISK_H_
#define VIGIL_TESTS_CLUSTER_CHAOS_DISK_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace vigil::chaos {

class Disk {
 public:
  // The folder `path` is created. `own`: a file system is mounted there.
  static absl::StatusOr<std::unique_ptr<Disk>> Make(const std::string& path,
                                                    bool own);
  ~Disk();
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  const std::string& path() const { return path_; }
  bool can_be_full() const { return own_; }

  // Takes all the room that is left. REQUIRES: can_be_full().
  absl::Status Fill();
  absl::Status Empty();  // gives it back

 private:
  Disk(std::string path, bool own) : path_(std::move(path)), own_(own) {}
  std::string balloon() const { return path_ + "/balloon"; }

  const std::string path_;
  const bool own_;
};

}  // namespace vigil::chaos

#endif  // VIGIL_TESTS_CLUSTER_CHAOS_DISK_H_
