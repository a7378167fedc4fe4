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

// Ends the process if there is no file `path`, or if a line is not base64.
inline std::vector<std::string> Corpus(const std::string& path) {
  std::vector<std::string> inputs;
  std::ifstream file(path);
  Require(file.is_open(), "there is a corpus of the target");
  for (std::string line; std::getline(file, line);) {
    Require(absl::Base64Unescape(line, &inputs.emplace_back()),
            "each line is base64");
  }
  return inputs;
}

}  // namespace vigil::fuzz

#endif  // VIGIL_TESTS_FUZZ_CORPUS_H_
