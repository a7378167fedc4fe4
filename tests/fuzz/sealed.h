// Sealed: puts the size and the right checksum in front of any bytes, so that a
// fuzzer, which cannot guess a checksum, gets at what is behind it.
#ifndef VIGIL_TESTS_FUZZ_SEALED_H_
#define VIGIL_TESTS_FUZZ_SEALED_H_

#include <cstdint>
#include <string>
#include <string_view>

#define XXH_INLINE_ALL
#include "xxhash.h"

namespace vigil::fuzz {

// As in engine/record.h: | size u32 | checksum u32 | body |.
inline std::string Sealed(std::string_view body) {
  std::string record;
  const auto store = [&record](uint64_t number) {
    for (int i = 0; i < 4; ++i)
      record.push_back(static_cast<char>(number >> (8 * i)));
  };
  store(body.size());
  store(XXH3_64bits(body.data(), body.size()) & 0xffffffff);
  return record.append(body);
}

}  // namespace vigil::fuzz

#endif  // VIGIL_TESTS_FUZZ_SEALED_H_
