// What the engine notes about its databases, as another node or a disk may say it: any
// map gives numbers, one that is a permutation gives its inverse, and a key flushes the
// database that it names.
#include <algorithm>

#include "engine/databases.h"
#include "tests/fuzz/fuzz_target.h"

namespace vigil::fuzz {
namespace {

bool IsPermutation(std::string_view map) {
  std::string sorted(map);
  std::sort(sorted.begin(), sorted.end(), [](char a, char b) {
    return static_cast<uint8_t>(a) < static_cast<uint8_t>(b);
  });
  for (size_t i = 0; i < sorted.size(); ++i)
    if (static_cast<uint8_t>(sorted[i]) != i) return false;
  return true;
}

}  // namespace

void TryOne(std::string_view bytes) {
  const engine::DatabaseNumbers numbers(bytes);
  for (int physical = 0; physical < 256; ++physical)
    numbers.Logical(static_cast<uint8_t>(physical));
  if (bytes.size() <= engine::kDatabasesMax && IsPermutation(bytes)) {
    for (size_t i = 0; i < bytes.size(); ++i)
      Require(numbers.Logical(static_cast<uint8_t>(bytes[i])) == i,
              "the number that is mapped to it");
  }
  if (const auto flushed = engine::FlushedBy(bytes))
    Require(engine::FlushKey(*flushed) == bytes, "there is one key for each");
}

std::vector<std::string> Seeds() {
  return {std::string("\0\2\1\3", 4), engine::FlushKey(0),
          engine::FlushKey(200), std::string(300, '\7')};
}

}  // namespace vigil::fuzz
