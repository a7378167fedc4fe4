// ShardWalk: the StateWalk over a DataSet, segment after segment, once round from
// wherever it begins.
//
// A shard is locked while the entries of one segment, a few hundred, are encoded. Of
// large values only the keys are noted then, and what they have later is encoded one at
// a time: however fast they are overwritten, one of them is in memory twice.
#ifndef VIGIL_ENGINE_STATE_WALK_H_
#define VIGIL_ENGINE_STATE_WALK_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/data_set.h"
#include "engine/engine.h"
#include "engine/log.h"
#include "engine/walk_share.h"

namespace vigil::engine {

class ShardWalk final : public StateWalk {
 public:
  // `log` is that of `data`. All outlive it.
  ShardWalk(const DataSet& data, const Log& log, WalkShare& share,
            const std::optional<WalkResume>& resume);
  ~ShardWalk() override { share_.Leave(); }

  uint64_t begin_index() const override { return begin_index_; }
  WalkPoint begin() const override { return begin_; }
  WalkPoint at() const override { return at_; }
  uint64_t floor() const override { return floor_; }
  std::string Next(size_t bytes_max) override;
  bool done() const override { return IsRound(wraps_) && large_.empty(); }

 private:
  struct LargeKey {
    uint64_t hash;
    uint8_t database;
    std::string key;
  };
  // Having passed the last shard's end so often. (A beginning in the middle of the last
  // segment, which only comes from outside, is never met.)
  bool IsRound(int wraps) const {
    return wraps > 1 || (wraps == 1 && next_ >= begin_);
  }
  int EncodeSome(size_t bytes_max, std::string& out);
  void EncodeSegment(std::string& out);
  std::string NextLarge();

  const DataSet& data_;
  const Log& log_;
  WalkShare& share_;
  const WalkShare::Entered entered_;
  const uint64_t begin_index_;  // read when it had entered
  WalkPoint begin_;
  WalkPoint next_;  // the segment to be visited next
  int wraps_ = 0;   // how often it has passed the last shard's end
  WalkPoint at_;
  uint64_t floor_;
  std::vector<LargeKey> large_;  // of the segment visited last
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_STATE_WALK_H_
