// Corpus: the inputs that fuzzing was led to, kept beside the target in
// corpus/<target>.txt, a line of base64 each. tests/fuzz/run --keep adds to them.
#ifndef VIGIL_TESTS_FUZZ_CORPUS_H_
#define VIGIL_TESTS_FUZZ_CORPUS_H_

#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "tests/fuzz/fuzz_target.h"

namespace vigil::fuzz {

// Ends the process if there is no such file, or if a line is not base64.
inline std::vector<std::string> Corpus() {
  std::vector<std::string> inputs;
  std::ifstream file(VIGIL_FUZZ_CORPUS);
  Require(file.is_open(), "there is a file " VIGIL_FUZZ_CORPUS);
  for (std::string line; std::getline(file, line);) {
    Require(absl::Base64Unescape(line, &inputs.emplace_back()),
            "each line is base64");
  }
  return inputs;
}

}  // namespace vigil::fuzz

#endif  // VIGIL_TESTS_FUZZ_CORPUS_H_
