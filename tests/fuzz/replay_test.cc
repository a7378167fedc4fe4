// The same target without a fuzzer, for any compiler: its seeds, each of their
// beginnings, each of their bits the other way round, and its corpus.
#include <gtest/gtest.h>

#include "tests/fuzz/corpus.h"
#include "tests/fuzz/fuzz_target.h"

namespace vigil::fuzz {
namespace {

// Of exactly its size, so that AddressSanitizer sees a read behind the end.
void Try(std::string_view bytes) {
  const std::vector<char> copy(bytes.begin(), bytes.end());
  TryOne({copy.data(), copy.size()});
}

TEST(Replay, SeedsAndTheirBeginnings) {
  for (const std::string& seed : Seeds()) {
    for (size_t size = 0; size <= seed.size(); ++size)
      Try(std::string_view(seed).substr(0, size));
  }
}

TEST(Replay, SeedsWithOneBitTurned) {
  for (std::string seed : Seeds()) {
    for (char& byte : seed) {
      for (int bit = 0; bit < 8; ++bit) {
        byte = static_cast<char>(byte ^ (1 << bit));
        Try(seed);
        byte = static_cast<char>(byte ^ (1 << bit));
      }
    }
  }
}

TEST(Replay, TheCorpus) {
  const std::vector<std::string> corpus = Corpus(VIGIL_FUZZ_CORPUS);
  EXPECT_FALSE(corpus.empty()) << "fuzz it: tests/fuzz/run --keep";
  for (const std::string& input : corpus) Try(input);
}

}  // namespace
}  // namespace vigil::fuzz
