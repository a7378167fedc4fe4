// A fuzz target: what one decoder must do with any bytes at all.
//
// Each target is one file that defines these two, linked either with fuzz_main.cc
// (clang's libFuzzer looks for bytes that break it) or with replay_test.cc (an
// ordinary test that tries the seeds and their neighbours).
#ifndef VIGIL_TESTS_FUZZ_FUZZ_TARGET_H_
#define VIGIL_TESTS_FUZZ_FUZZ_TARGET_H_

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace vigil::fuzz {

// Ends the process, by Require or by a sanitizer, if something is wrong.
void TryOne(std::string_view bytes);

// Some good and some nearly good inputs to begin with.
std::vector<std::string> Seeds();

inline void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "violated: %s\n", what);
  std::abort();
}

}  // namespace vigil::fuzz

#endif  // VIGIL_TESTS_FUZZ_FUZZ_TARGET_H_
