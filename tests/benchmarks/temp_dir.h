// TempDir: a directory for one measurement, gone afterwards.
#ifndef VIGIL_TESTS_BENCHMARKS_TEMP_DIR_H_
#define VIGIL_TESTS_BENCHMARKS_TEMP_DIR_H_

#include <stdlib.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "tests/benchmarks/must.h"

namespace vigil::bench {

class TempDir {
 public:
  explicit TempDir(const std::string& below)
      : path_(below + "/vigil_benchmark_XXXXXX") {
    if (mkdtemp(path_.data()) == nullptr) {
      Must(absl::InternalError(
          absl::StrCat("mkdtemp ", path_, ": ", std::strerror(errno))));
    }
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

}  // namespace vigil::bench

#endif  // VIGIL_TESTS_BENCHMARKS_TEMP_DIR_H_
