#include "engine/rocksdb_wal_reader.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace vigil::engine {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

// Before each part of a record: checksum (4 bytes), length (2), type (1). Less than
// that at the end of a block is left empty.
constexpr size_t kHeaderBytes = 7;
constexpr size_t kLengthAt = 4;
constexpr size_t kTypeAt = 6;

bool IsZeros(std::string_view bytes) {
  return bytes.find_first_not_of('\0') == std::string_view::npos;
}

}  // namespace

size_t RecordsEnd(std::string_view block) {
  size_t at = 0;
  while (at + kHeaderBytes <= block.size()) {
    const auto byte = [&](size_t nth) {
      return static_cast<size_t>(static_cast<unsigned char>(block[at + nth]));
    };
    const size_t length = byte(kLengthAt) | byte(kLengthAt + 1) << 8;
    // What RocksDB skips the rest of the block for.
    if (length == 0 && byte(kTypeAt) == 0) return at;
    at += kHeaderBytes + length;
  }
  return block.size();
}

IOStatus WalReader::Read(size_t bytes, const IOOptions& options, Slice* result,
                         char* scratch, IODebugContext* debug) {
  if (ended_) {
    *result = Slice(scratch, 0);
    return IOStatus::OK();
  }
  IOStatus s = target()->Read(bytes, options, result, scratch, debug);
  if (!s.ok()) return s;
  const std::string_view read(result->data(), result->size());
  for (size_t begin = 0; begin < read.size(); begin += kWalBlockBytes) {
    const std::string_view block = read.substr(begin, kWalBlockBytes);
    const size_t end = begin + RecordsEnd(block);
    if (end == begin + block.size()) continue;
    ended_ = true;
    if (IsZeros(read.substr(end)) && OnlyZerosFollow(options, debug)) {
      *result = Slice(result->data(), end);
      return s;
    }
    // No header looks like this: RocksDB finds the break, and stops.
    std::memmove(scratch, read.data(), end);
    std::memset(scratch + end, 0xff, read.size() - end);
    *result = Slice(scratch, read.size());
    return s;
  }
  return s;
}

bool WalReader::OnlyZerosFollow(const IOOptions& options,
                                IODebugContext* debug) {
  std::string scratch(kWalBlockBytes, '\0');
  for (;;) {
    Slice more;
    if (!target()
             ->Read(scratch.size(), options, &more, scratch.data(), debug)
             .ok())
      return false;
    if (more.empty()) return true;
    if (!IsZeros({more.data(), more.size()})) return false;
  }
}

}  // namespace vigil::engine
