#include "engine/log_ring.h"

#include <algorithm>

namespace vigil::engine {
namespace {

// Large enough that allocating one is rare (every 1700 records of 150 bytes),
// small enough that what is kept beyond the limit does not matter.
constexpr size_t kChunkBytes = 256 << 10;

}  // namespace

LogSlice LogRing::View::Copy() const {
  LogSlice slice{.first = first_, .last = last_, .records = {}};
  size_t bytes = 0;
  for (std::string_view part : parts_) bytes += part.size();
  slice.records.reserve(bytes);
  for (std::string_view part : parts_) slice.records.append(part);
  return slice;
}

LogRing::Chunk& LogRing::Room(size_t bytes) {
  if (chunks_.empty() ||
      chunks_.back()->bytes.capacity() - chunks_.back()->bytes.size() < bytes) {
    if (!chunks_.empty()) {
      Chunk& full = *chunks_.back();
      full.unused = full.bytes.capacity() - full.bytes.size();
      bytes_ += full.unused;
    }
    auto chunk = std::make_shared<Chunk>();
    chunk->first = last_ + 1;
    chunk->bytes.reserve(std::max(bytes, kChunkBytes));
    chunks_.push_back(std::move(chunk));
  }
  return *chunks_.back();
}

size_t LogRing::Appended(Chunk& chunk, size_t offset) {
  chunk.offsets.push_back(static_cast<uint32_t>(offset));
  ++last_;
  const size_t added = chunk.bytes.size() - offset;
  bytes_ += added + sizeof(chunk.offsets[0]);
  return added;
}

size_t LogRing::Append(const RecordView& record) {
  Chunk& chunk = Room(EncodedSizeMax(record.key.size(), record.value.size()));
  RecordView next = record;
  next.index = last_ + 1;
  const size_t offset = chunk.bytes.size();
  EncodeRecord(next, chunk.bytes);
  return Appended(chunk, offset);
}

size_t LogRing::AppendEncoded(std::string_view record) {
  Chunk& chunk = Room(record.size());
  const size_t offset = chunk.bytes.size();
  chunk.bytes.append(record);
  return Appended(chunk, offset);
}

LogRing LogRing::UpTo(uint64_t last) const {
  const uint64_t end = std::min(last, last_);
  LogRing prefix(end);
  for (const auto& chunk : chunks_) {
    if (chunk->first > end) break;
    if (chunk->last() < end) {
      prefix.chunks_.push_back(chunk);
    } else {
      // A copy: this one may be read, or appended to.
      const size_t records = end + 1 - chunk->first;
      const size_t bytes = chunk->End(records - 1);
      auto begin = std::make_shared<Chunk>();
      begin->first = chunk->first;
      begin->bytes.reserve(std::max(bytes, kChunkBytes));
      begin->bytes.append(chunk->bytes, 0, bytes);
      begin->offsets.assign(
          chunk->offsets.begin(),
          chunk->offsets.begin() + static_cast<ptrdiff_t>(records));
      prefix.chunks_.push_back(std::move(begin));
    }
    prefix.bytes_ += prefix.chunks_.back()->held();
  }
  return prefix;
}

LogRing::View LogRing::Read(uint64_t from, size_t bytes_max) const {
  View view;
  view.first_ = from;
  view.last_ = from - 1;
  auto it = std::upper_bound(
      chunks_.begin(), chunks_.end(), from,
      [](uint64_t index, const auto& chunk) { return index < chunk->first; });
  for (--it; it != chunks_.end(); ++it) {
    const Chunk& chunk = **it;
    const size_t nth = view.last_ + 1 - chunk.first;
    const size_t begin = chunk.offsets[nth];
    const bool first_part = view.parts_.empty();
    // The last record that ends within what is left of bytes_max.
    size_t taken = nth;
    if (begin + bytes_max >= chunk.bytes.size()) {
      taken = chunk.offsets.size();
    } else {
      const auto limit =
          std::upper_bound(chunk.offsets.begin() + static_cast<ptrdiff_t>(nth),
                           chunk.offsets.end(), begin + bytes_max);
      taken = static_cast<size_t>(limit - chunk.offsets.begin()) - 1;
      if (taken == nth && first_part) taken = nth + 1;
    }
    if (taken == nth) break;
    const size_t end = chunk.End(taken - 1);
    view.parts_.push_back(
        std::string_view(chunk.bytes).substr(begin, end - begin));
    view.keep_.push_back(*it);
    view.last_ = chunk.first + taken - 1;
    if (taken < chunk.offsets.size()) break;
    bytes_max -= std::min(bytes_max, end - begin);
  }
  return view;
}

std::vector<LogRing::Keep> LogRing::Trim(uint64_t upto, size_t bytes_max) {
  std::vector<Keep> dropped;
  while (bytes_ > bytes_max && chunks_.size() > 1 &&
         chunks_.front()->last() <= upto) {
    bytes_ -= chunks_.front()->held();
    dropped.push_back(std::move(chunks_.front()));
    chunks_.pop_front();
  }
  return dropped;
}

}  // namespace vigil::engine
