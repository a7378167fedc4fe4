// Input: takes numbers and strings off the bytes that a fuzzer made up.
#ifndef VIGIL_TESTS_FUZZ_INPUT_H_
#define VIGIL_TESTS_FUZZ_INPUT_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace vigil::fuzz {

// When nothing is left it gives zeros and empty strings.
class Input {
 public:
  explicit Input(std::string_view bytes) : rest_(bytes) {}

  template <typename Number>
  Number Take() {
    Number number{};
    const std::string_view bytes = Bytes(sizeof number);
    if (!bytes.empty()) std::memcpy(&number, bytes.data(), bytes.size());
    return number;
  }
  // `count` bytes, or as many as there are.
  std::string_view Bytes(size_t count) {
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  // With its size, a byte, in front.
  std::string_view String() { return Bytes(Take<uint8_t>()); }
  std::string_view Rest() { return Bytes(rest_.size()); }
  bool empty() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

}  // namespace vigil::fuzz

#endif  // VIGIL_TESTS_FUZZ_INPUT_H_
