// The entry of libFuzzer, which brings the main function.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>

#include "tests/fuzz/corpus.h"
#include "tests/fuzz/fuzz_target.h"

// The seeds and the corpus that is kept go into the first directory that is named, if it
// is empty.
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  for (int i = 1; i < *argc; ++i) {
    const std::filesystem::path corpus((*argv)[i]);
    if (!std::filesystem::is_directory(corpus)) continue;
    if (!std::filesystem::is_empty(corpus)) return 0;
    int number = 0;
    for (const std::string& seed : vigil::fuzz::Seeds())
      std::ofstream(corpus / ("seed" + std::to_string(number++))) << seed;
    for (const std::string& kept : vigil::fuzz::Corpus(VIGIL_FUZZ_CORPUS))
      std::ofstream(corpus / ("kept" + std::to_string(number++))) << kept;
    return 0;
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t count) {
  vigil::fuzz::TryOne({reinterpret_cast<const char*>(bytes), count});
  return 0;
}
