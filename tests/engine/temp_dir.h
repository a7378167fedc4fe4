// TempDir: a directory of its own for one test, gone afterwards.
#ifndef VIGIL_TESTS_ENGINE_TEMP_DIR_H_
#define VIGIL_TESTS_ENGINE_TEMP_DIR_H_

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>
#include <system_error>

namespace vigil::engine {

class TempDir {
 public:
  TempDir() : path_(::testing::TempDir() + "/vigil_engine_XXXXXX") {
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
