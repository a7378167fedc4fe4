#include "engine/state_walk.h"

#include "engine/record.h"

namespace vigil::engine {
namespace {

void Encode(const Cell& cell, std::string& out) {
  EncodeRecord({.type = RecordType::kSet,
                .index = cell.version(),
                .expires_at = cell.expires_at(),
                .key = cell.key(),
                .value = cell.value(),
                .database = cell.database()},
               out);
}

}  // namespace

std::string ShardWalk::Next(size_t bytes_max) {
  std::string out;
  for (;;) {
    if (next_ < ends_.size()) {
      const size_t begin = next_ == 0 ? 0 : ends_[next_ - 1];
      const size_t bytes = ends_[next_] - begin;
      if (!out.empty() && out.size() + bytes > bytes_max) return out;
      out.append(encoded_, begin, bytes);
      ++next_;
    } else if (!large_.empty()) {
      if (!out.empty()) return out;
      Encode(*large_.back().get(), out);
      large_.pop_back();
      return out;
    } else if (shard_ < data_.shards()) {
      EncodeSegment();
    } else {
      return out;
    }
  }
}

void ShardWalk::EncodeSegment() {
  encoded_.clear();
  ends_.clear();
  next_ = 0;
  data_.ReadInTurn(shard_, [&](const Keyspace& keyspace) {
    keyspace.VisitSome(position_, [&](const Cell& cell) {
      if (IsLarge(cell)) {
        large_.emplace_back(cell);
        return;
      }
      Encode(cell, encoded_);
      ends_.push_back(encoded_.size());
    });
  });
  if (position_ < Table::kPositionEnd) return;
  ++shard_;
  position_ = 0;
}

}  // namespace vigil::engine
