// WalkShare: lets walks that are under way at the same time share what they encode.
//
//   walk A  ──▶ encodes ──▶ [piece][piece][piece] ◀── head: where a new walk begins
//   walk B  ──────────────────▶ takes               ──▶ and encodes when it is ahead
//
// A walk goes round, so it may begin anywhere: a new one begins where the last piece
// ended, and from there on whoever comes first encodes for the others. A few pieces are
// kept; who falls behind them encodes for itself, and waits for nobody's network.
//
// Thread-safety: thread-safe. Walks that share wait for each other's encoding of a piece.
#ifndef VIGIL_ENGINE_WALK_SHARE_H_
#define VIGIL_ENGINE_WALK_SHARE_H_

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>

#include "engine/base/mutex.h"
#include "engine/walk_point.h"

namespace vigil::engine {

class WalkShare {
 public:
  // What stands between two points.
  struct Piece {
    WalkPoint from;
    WalkPoint to;
    int wraps = 0;       // how often the last shard's end is in between
    uint64_t floor = 0;  // read when the log had this, or later
    std::string records;
  };

  // A walk begins, over the present data set, and finds most there if it may choose.
  struct Entered {
    WalkPoint head;
    uint64_t data_set = 0;
  };
  Entered Enter() {
    MutexLock lock(mu_);
    if (++walks_ == 1) head_ = {};
    return {head_, data_set_};
  }
  void Leave() {
    MutexLock lock(mu_);
    if (--walks_ <= 1) pieces_.clear();
  }

  // Another data set takes the place of the present one. Walks over the old one that have
  // not ended yet share nothing any more.
  void BeginDataSet() {
    MutexLock lock(mu_);
    ++data_set_;
    pieces_.clear();
    head_ = {};
  }

  // The records from `from` on: another walk's, if they were read when the log had
  // `floor`, or encode(piece)'s, which is to fill in the rest and to return whether others
  // may use it. Calls took(piece), whose records are gone, with what it was.
  template <typename Encode, typename Took>
  std::string Next(const Entered& walk, const WalkPoint& from, uint64_t floor,
                   Encode encode, Took took) {
    if (walks_ == 1) {
      Piece piece{.from = from};
      encode(piece);
      std::string records = std::move(piece.records);
      took(piece);
      MutexLock lock(mu_);
      if (walk.data_set == data_set_) head_ = piece.to;
      return records;
    }
    MutexLock lock(mu_);
    if (walk.data_set != data_set_) {
      Piece piece{.from = from};
      encode(piece);
      took(piece);
      return std::move(piece.records);
    }
    const auto found =
        std::find_if(pieces_.begin(), pieces_.end(), [&](const Piece& each) {
          return each.from == from && each.floor >= floor;
        });
    if (found != pieces_.end()) {
      taken_.fetch_add(1, std::memory_order_relaxed);
      std::string records = found->records;
      took(Piece{found->from, found->to, found->wraps, found->floor, {}});
      return records;
    }
    Piece piece{.from = from};
    const bool shared = encode(piece);
    std::string records = piece.records;
    head_ = piece.to;
    if (shared) {
      if (pieces_.size() == kPiecesMax) pieces_.pop_front();
      pieces_.push_back(piece);
    }
    took(piece);
    return records;
  }

  // Pieces that a walk had from another.
  uint64_t taken() const { return taken_.load(std::memory_order_relaxed); }

 private:
  // With what a full sync sends at a time, some megabytes.
  static constexpr size_t kPiecesMax = 16;

  Mutex mu_;
  std::atomic<int> walks_{0};  // changed under mu_
  uint64_t data_set_ ABSL_GUARDED_BY(mu_) = 0;
  WalkPoint head_ ABSL_GUARDED_BY(mu_);
  std::deque<Piece> pieces_ ABSL_GUARDED_BY(mu_);
  std::atomic<uint64_t> taken_{0};
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_WALK_SHARE_H_
