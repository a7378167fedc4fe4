#include "replication/unreplicated.h"

#include <algorithm>

namespace vigil::replication {
namespace {

// A look every millisecond makes so many in half a second, in which a group in good
// order commits; 24 KiB.
constexpr size_t kPiecesMax = 1024;

}  // namespace

Unreplicated::Unreplicated(uint64_t index, uint64_t bytes)
    : from_{.index = index, .bytes = bytes} {}

void Unreplicated::OnAppended(uint64_t last, uint64_t bytes, MonoTime now) {
  const uint64_t seen = pieces_.empty() ? from_.index : pieces_.back().last;
  if (last <= seen) return;
  if (!pieces_.empty() && looks_in_last_ < looks_max_) {
    pieces_.back().last = last;
    pieces_.back().bytes = bytes;
    ++looks_in_last_;
    return;
  }
  if (pieces_.size() == kPiecesMax) Halve();
  pieces_.push_back({.last = last, .bytes = bytes, .since = now});
  looks_in_last_ = 1;
  from_.since = pieces_.front().since;
}

void Unreplicated::OnCommitted(uint64_t commit) {
  from_.index = std::max(from_.index, commit);
  while (!pieces_.empty() && pieces_.front().last <= commit) {
    from_.bytes = pieces_.front().bytes;
    pieces_.pop_front();
  }
  if (pieces_.empty()) looks_max_ = 1;
  from_.since =
      pieces_.empty() ? MonoTime::InfiniteFuture() : pieces_.front().since;
}

// Two neighbours become one, as old as the older; from now on a piece is as long as
// they are together.
void Unreplicated::Halve() {
  std::deque<Piece> halved;
  for (size_t i = 0; i < pieces_.size(); i += 2) {
    Piece piece = pieces_[std::min(i + 1, pieces_.size() - 1)];
    piece.since = pieces_[i].since;
    halved.push_back(piece);
  }
  pieces_.swap(halved);
  looks_max_ *= 2;
}

}  // namespace vigil::replication
