// Cell: one key with its value and everything known of it, in one allocation.
//
//   | flags | database | access 24 bit | version 56 bit |
//   | key size | value size | [expires_at] | key | value |
//
// The sizes take 1 and 2 bytes, or 4 and 4 (kWide); expires_at is there only if it
// expires. So a short key and value cost 15 bytes beside themselves. Nothing is
// aligned; fields are read through memcpy.
//
// A cell of more than CellSizes::kBytesMax is *large*: it has an allocation of its own
// that its readers share, so that a value can be read in place while
// the key changes. The content of a large cell is never changed, only replaced.
//
// Thread-safety: thread-compatible; of a large cell the count is thread-safe, and key,
// value, version and expiry may be read while its other fields are changed.
// Lifetime: made by CellHeap, and given back to it.
#ifndef VIGIL_ENGINE_CELL_H_
#define VIGIL_ENGINE_CELL_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "engine/base/clock.h"

namespace vigil::engine {

class Cell {
 public:
  // Indexes have to stay below: at a million writes a second, 2000 years.
  static constexpr uint64_t kVersionMax = (uint64_t{1} << 56) - 1;

  struct Content {
    uint8_t database = 0;
    std::string_view key;
    std::string_view value;
    uint64_t version = 0;
    WallTime expires_at;  // zero: never
  };

  // Bytes that a cell with this content takes.
  static size_t BytesFor(const Content& content) {
    return kHeadBytes + (IsWide(content) ? kWideSizes : kNarrowSizes) +
           (content.expires_at != WallTime{} ? kExpiryBytes : 0) +
           content.key.size() + content.value.size();
  }
  // Writes a cell into BytesFor(content) bytes of `memory`.
  static Cell* Make(void* memory, const Content& content);

  // Whether `content` can replace this one where it stands: same key, and as many
  // bytes in the same order. (The caller knows that the key is the same.)
  bool Fits(const Content& content) const {
    return bytes() == BytesFor(content) && wide() == IsWide(content) &&
           expires() == (content.expires_at != WallTime{});
  }
  // REQUIRES: Fits(content).
  void Replace(const Content& content);

  std::string_view key() const { return {Tail(), key_bytes()}; }
  std::string_view value() const {
    return {Tail() + key_bytes(), value_bytes()};
  }
  uint8_t database() const { return database_; }
  uint64_t version() const { return Load<7>(version_); }
  bool expires() const { return (flags() & kExpires) != 0; }
  WallTime expires_at() const {
    return {expires() ? static_cast<int64_t>(Load<8>(Sizes() + SizesBytes()))
                      : 0};
  }
  bool ExpiredAt(WallTime now) const {
    return expires() && expires_at() <= now;
  }
  size_t bytes() const {
    return static_cast<size_t>(Tail() - Base()) + key_bytes() + value_bytes();
  }

  // The key changed since the state on disk was written.
  bool dirty() const { return (flags() & kDirty) != 0; }
  void set_dirty(bool on) { SetFlag(kDirty, on); }
  // The state on disk has a row of this key.
  bool stored() const { return (flags() & kStored) != 0; }
  void set_stored(bool on) { SetFlag(kStored, on); }

  // What an eviction policy remembers of the accesses.
  uint32_t access() const { return static_cast<uint32_t>(Load<3>(access_)); }
  void set_access(uint32_t value) { Store<3>(value, access_); }

 private:
  static constexpr uint8_t kExpires = 1;
  static constexpr uint8_t kWide = 2;
  static constexpr uint8_t kDirty = 4;
  static constexpr uint8_t kStored = 8;
  static constexpr size_t kHeadBytes = 12;
  static constexpr size_t kNarrowSizes = 3;
  static constexpr size_t kWideSizes = 8;
  static constexpr size_t kExpiryBytes = 8;

  template <int kBytes>
  static uint64_t Load(const void* from) {
    uint64_t value = 0;
    std::memcpy(&value, from, kBytes);  // little-endian, in memory only
    return value;
  }
  template <int kBytes>
  static void Store(uint64_t value, void* to) {
    std::memcpy(to, &value, kBytes);
  }

  static bool IsWide(const Content& content) {
    return content.key.size() > 0xff || content.value.size() > 0xffff;
  }
  // Whoever has pinned a large cell reads its form without a lock, while a checkpoint
  // notes in the same byte that it is clean. Changes are made under the lock only.
  uint8_t flags() const { return __atomic_load_n(&flags_, __ATOMIC_RELAXED); }
  bool wide() const { return (flags() & kWide) != 0; }
  void SetFlag(uint8_t flag, bool on) {
    const int changed = on ? flags() | flag : flags() & ~flag;
    __atomic_store_n(&flags_, static_cast<uint8_t>(changed), __ATOMIC_RELAXED);
  }
  const char* Base() const { return reinterpret_cast<const char*>(this); }
  const char* Sizes() const { return Base() + kHeadBytes; }
  size_t SizesBytes() const { return wide() ? kWideSizes : kNarrowSizes; }
  size_t key_bytes() const {
    return static_cast<size_t>(wide() ? Load<4>(Sizes()) : Load<1>(Sizes()));
  }
  size_t value_bytes() const {
    return static_cast<size_t>(wide() ? Load<4>(Sizes() + 4)
                                      : Load<2>(Sizes() + 1));
  }
  const char* Tail() const {
    return Sizes() + SizesBytes() + (expires() ? kExpiryBytes : 0);
  }

  uint8_t flags_;
  uint8_t database_;
  uint8_t access_[3];
  uint8_t version_[7];
};

static_assert(sizeof(Cell) == 12 && alignof(Cell) == 1);

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_CELL_H_
