// TempDir: a directory of its own for one test, gone afterwards.
#ifndef VIGIL_TESTS_ENGINE_TEMP_DIR_H_
#define VIGIL_TESTS_ENGINE_TEMP_DIR_H_

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <system_error>

namespace vigil::engine {

class TempDir {
 public:
  TempDir() : TempDir(::testing::TempDir()) {}
  // In memory where the machine has a place for that: for tests that make thousands
  // of files and sync none.
  static std::string FastParent() {
    return access("/dev/shm", W_OK) == 0 ? "/dev/shm" : ::testing::TempDir();
  }
  explicit TempDir(const std::string& parent)
      : path_(parent + "/vigil_engine_XXXXXX") {
    if (mkdtemp(path_.data()) == nullptr) ADD_FAILURE() << "mkdtemp " << path_;
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace vigil::engine

#endif  // VIGIL_TESTS_ENGINE_TEMP_DIR_H_
