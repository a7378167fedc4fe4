#include "engine/state_walk.h"

#include <algorithm>
#include <utility>

#include "engine/cell_heap.h"
#include "engine/record.h"

namespace vigil::engine {
namespace {

// Empty ones, in one call: a millisecond's work.
constexpr int kSegmentsMax = 4096;

// More would be given away for nothing by who asks for no bound.
constexpr size_t kReserved = 1 << 20;

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

ShardWalk::ShardWalk(const DataSet& data, const Log& log, WalkShare& share,
                     const std::optional<WalkResume>& resume)
    : data_(data),
      log_(log),
      share_(share),
      entered_(share.Enter()),
      begin_index_(log.last_index()),
      begin_(entered_.head),
      floor_(begin_index_) {
  next_ = begin_;
  if (resume) {
    // From outside: what is no place is the beginning, and all of it is walked.
    const auto is_place = [&](const WalkPoint& point) {
      return point.shard < data.shards() &&
             point.position < Table::kPositionEnd;
    };
    const bool good = is_place(resume->begin) && is_place(resume->at);
    begin_ = good ? resume->begin : WalkPoint{};
    next_ = good ? resume->at : WalkPoint{};
    if (next_ < begin_) wraps_ = 1;
  }
  at_ = next_;
}

std::string ShardWalk::Next(size_t bytes_max) {
  if (!large_.empty()) return NextLarge();
  if (done()) return {};
  std::string records = share_.Next(
      entered_, next_, floor_,
      [&](WalkShare::Piece& piece) {
        // Before anything is read.
        piece.floor = log_.last_index();
        piece.wraps = EncodeSome(bytes_max, piece.records);
        piece.to = next_;
        return large_.empty();
      },
      [&](const WalkShare::Piece& piece) {
        floor_ = piece.floor;
        next_ = piece.to;
        wraps_ += piece.wraps;
      });
  if (large_.empty()) at_ = next_;
  return records;
}

// How often it has passed the last shard's end.
int ShardWalk::EncodeSome(size_t bytes_max, std::string& out) {
  int wraps = 0;
  // The last segment goes beyond.
  out.reserve(2 * std::min(bytes_max, kReserved / 2));
  for (int i = 0; i < kSegmentsMax; ++i) {
    EncodeSegment(out);
    if (next_.position >= Table::kPositionEnd) {
      next_ = {.shard = (next_.shard + 1) % data_.shards()};
      if (next_.shard == 0) ++wraps;
    }
    if (IsRound(wraps_ + wraps) || !large_.empty() || out.size() >= bytes_max)
      break;
  }
  return wraps;
}

void ShardWalk::EncodeSegment(std::string& out) {
  data_.ReadInTurn(next_.shard, [&](const Keyspace& keyspace) {
    keyspace.VisitSome(next_.position, [&](const Cell& cell) {
      if (IsLarge(cell)) {
        large_.push_back(
            {keyspace.HashOf(cell), cell.database(), std::string(cell.key())});
      } else {
        Encode(cell, out);
      }
    });
  });
}

// What has been deleted meanwhile is left out, and the log will not miss it.
std::string ShardWalk::NextLarge() {
  const LargeKey key = std::move(large_.back());
  large_.pop_back();
  floor_ = log_.last_index();
  CellPin pin;
  std::string out;
  data_.ReadHash(key.hash, [&](const Keyspace& keyspace) {
    const Cell* const cell =
        keyspace.FindStored(key.hash, key.database, key.key);
    if (cell == nullptr) return;
    if (IsLarge(*cell)) {
      pin = CellPin(*cell);
    } else {
      Encode(*cell, out);
    }
  });
  if (pin.get() != nullptr) Encode(*pin.get(), out);
  if (large_.empty()) at_ = next_;
  return out;
}

}  // namespace vigil::engine
