// Workload: keys in the order in which they are asked for, and values.
//
// The keys lie one behind the other as they are needed, so that no side pays a
// cache miss for fetching the key itself: what is measured is the store.
//
// Thread-safety: const after construction.
#ifndef VIGIL_TESTS_BENCHMARKS_WORKLOAD_H_
#define VIGIL_TESTS_BENCHMARKS_WORKLOAD_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vigil::bench {

constexpr size_t kKeyBytes = 20;
constexpr size_t kValueBytes = 100;

// Writes the key of `number` into `bytes` bytes: 'k' and decimal digits.
void WriteKey(uint64_t number, char* out, size_t bytes);

class Keys {
 public:
  // Each of `keys` keys once, in order: to fill a store.
  static Keys Each(uint64_t keys, size_t key_bytes = kKeyBytes);
  // `count` times one of `keys` keys, any as likely as any other.
  static Keys Uniform(uint64_t keys, size_t count, uint64_t seed);
  // Likewise, in proportion to Zipf; which key has which rank is mixed.
  static Keys Zipfian(uint64_t keys, double exponent, size_t count,
                      uint64_t seed);
  static Keys Of(const std::vector<uint32_t>& numbers);

  size_t size() const { return bytes_.size() / key_bytes_; }
  std::string_view operator[](size_t i) const {
    return {bytes_.data() + i * key_bytes_, key_bytes_};
  }

 private:
  Keys(size_t count, size_t key_bytes)
      : key_bytes_(key_bytes), bytes_(count * key_bytes, '\0') {}
  void Put(size_t i, uint64_t number) {
    WriteKey(number, bytes_.data() + i * key_bytes_, key_bytes_);
  }

  size_t key_bytes_;
  std::string bytes_;
};

// Values of random bytes, which do not compress, out of a pool that stays in the
// cache.
class Values {
 public:
  explicit Values(size_t value_bytes = kValueBytes);
  std::string_view operator[](size_t i) const {
    return {pool_.data() + i * 61 % kPool, value_bytes_};
  }

 private:
  static constexpr size_t kPool = 8 << 10;
  size_t value_bytes_;
  std::string pool_;
};

}  // namespace vigil::bench

#endif  // VIGIL_TESTS_BENCHMARKS_WORKLOAD_H_
