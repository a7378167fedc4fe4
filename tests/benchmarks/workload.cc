#include "tests/benchmarks/workload.h"

#include <random>

#include "tests/benchmarks/zipf.h"

namespace vigil::bench {
namespace {

// A bijection of 0 .. keys-1 that spreads neighbours: the hottest keys shall not
// be those that were stored first, side by side.
uint64_t Mixed(uint64_t rank, uint64_t keys) {
  constexpr uint64_t kPrime = 2'654'435'761;  // no divisor of any count we use
  return rank * kPrime % keys;
}

}  // namespace

void WriteKey(uint64_t number, char* out, size_t bytes) {
  for (size_t i = bytes - 1; i > 0; --i) {
    out[i] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
  out[0] = 'k';
}

Keys Keys::Each(uint64_t keys, size_t key_bytes) {
  Keys out(keys, key_bytes);
  for (uint64_t i = 0; i < keys; ++i) out.Put(i, i);
  return out;
}

Keys Keys::Uniform(uint64_t keys, size_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_int_distribution<uint64_t> any(0, keys - 1);
  Keys out(count, kKeyBytes);
  for (size_t i = 0; i < count; ++i) out.Put(i, any(random));
  return out;
}

Keys Keys::Zipfian(uint64_t keys, double exponent, size_t count,
                   uint64_t seed) {
  Zipf ranks(keys, exponent, seed);
  Keys out(count, kKeyBytes);
  for (size_t i = 0; i < count; ++i) out.Put(i, Mixed(ranks.Next(), keys));
  return out;
}

Keys Keys::Of(const std::vector<uint32_t>& numbers) {
  Keys out(numbers.size(), kKeyBytes);
  for (size_t i = 0; i < numbers.size(); ++i) out.Put(i, numbers[i]);
  return out;
}

Values::Values(size_t value_bytes) : value_bytes_(value_bytes) {
  std::mt19937_64 random(1);
  pool_.resize(kPool + value_bytes);
  for (char& byte : pool_) byte = static_cast<char>(random());
}

}  // namespace vigil::bench
