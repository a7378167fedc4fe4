#include "engine/cell.h"

#include <bit>
#include <new>

namespace vigil::engine {

static_assert(std::endian::native == std::endian::little,
              "cells hold the low bytes of numbers first");

Cell* Cell::Make(void* memory, const Content& content) {
  Cell* const cell = new (memory) Cell;
  char* out = static_cast<char*>(memory) + kHeadBytes;
  cell->flags_ = 0;
  cell->database_ = content.database;
  cell->set_access(0);
  Store<7>(content.version, cell->version_);
  if (IsWide(content)) {
    cell->flags_ |= kWide;
    Store<4>(content.key.size(), out);
    Store<4>(content.value.size(), out + 4);
    out += kWideSizes;
  } else {
    Store<1>(content.key.size(), out);
    Store<2>(content.value.size(), out + 1);
    out += kNarrowSizes;
  }
  if (content.expires_at != WallTime{}) {
    cell->flags_ |= kExpires;
    Store<8>(static_cast<uint64_t>(content.expires_at.ms), out);
    out += kExpiryBytes;
  }
  std::memcpy(out, content.key.data(), content.key.size());
  out += content.key.size();
  if (!content.value.empty())
    std::memcpy(out, content.value.data(), content.value.size());
  return cell;
}

void Cell::Replace(const Content& content) {
  Store<7>(content.version, version_);
  char* const sizes = reinterpret_cast<char*>(this) + kHeadBytes;
  if (expires())
    Store<8>(static_cast<uint64_t>(content.expires_at.ms),
             sizes + SizesBytes());
  if (!content.value
           .empty()) {  // perhaps its own, when only the expiry changes
    std::memmove(const_cast<char*>(value().data()), content.value.data(),
                 content.value.size());
  }
}

}  // namespace vigil::engine
