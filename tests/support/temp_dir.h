// TempDir: a directory of its own for one test or one measurement, gone afterwards.
#ifndef VIGIL_TESTS_SUPPORT_TEMP_DIR_H_
#define VIGIL_TESTS_SUPPORT_TEMP_DIR_H_

#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

namespace vigil {

// Ends the process if it cannot be made: nothing can be said without it.
class TempDir {
 public:
  // Where TMPDIR says, or in /tmp.
  TempDir() : TempDir(std::filesystem::temp_directory_path().string()) {}
  explicit TempDir(const std::string& parent)
      : path_(parent + "/vigil_test_XXXXXX") {
    if (mkdtemp(path_.data()) != nullptr) return;
    std::perror(("mkdtemp " + path_).c_str());
    std::abort();
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  // In memory where the machine has a place for that: for tests that make thousands
  // of files and sync none.
  static std::string FastParent() {
    return access("/dev/shm", W_OK) == 0
               ? "/dev/shm"
               : std::filesystem::temp_directory_path().string();
  }

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace vigil

#endif  // VIGIL_TESTS_SUPPORT_TEMP_DIR_H_
