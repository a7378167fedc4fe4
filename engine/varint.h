// Integers of as many bytes as they need: 7 bits a byte, the lowest first, as in protobuf.
//
// Pure.
#ifndef VIGIL_ENGINE_VARINT_H_
#define VIGIL_ENGINE_VARINT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace vigil::engine {

inline constexpr size_t kVarintBytesMax = 10;

// Returns the end of what it has written.
inline char* StoreVarint(uint64_t value, char* out) {
  while (value >= 0x80) {
    *out++ = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  *out++ = static_cast<char>(value);
  return out;
}

inline void AppendVarint(uint64_t value, std::string& out) {
  char bytes[kVarintBytesMax];
  out.append(bytes, static_cast<size_t>(StoreVarint(value, bytes) - bytes));
}

// Takes a varint off `in`; false when it has no end or more than 64 bits.
inline bool TakeVarint(std::string_view& in, uint64_t& value) {
  value = 0;
  for (size_t i = 0; i < in.size() && i < kVarintBytesMax; ++i) {
    const uint64_t bits = static_cast<uint8_t>(in[i]) & 0x7f;
    if (i == kVarintBytesMax - 1 && bits > 1) return false;
    value |= bits << (7 * i);
    if ((static_cast<uint8_t>(in[i]) & 0x80) == 0) {
      in.remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_VARINT_H_
