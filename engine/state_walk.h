// ShardWalk: the StateWalk over a DataSet, segment after segment.
//
// A shard is locked while the entries of one segment, a few hundred, are encoded.
// Large values are only pinned then, and encoded one at a time.
#ifndef VIGIL_ENGINE_STATE_WALK_H_
#define VIGIL_ENGINE_STATE_WALK_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/cell_heap.h"
#include "engine/data_set.h"
#include "engine/engine.h"

namespace vigil::engine {

class ShardWalk final : public StateWalk {
 public:
  // `begin_index`: the log's last index, read before.
  ShardWalk(const DataSet& data, uint64_t begin_index)
      : data_(data), begin_index_(begin_index) {}

  uint64_t begin_index() const override { return begin_index_; }
  std::string Next(size_t bytes_max) override;

 private:
  void EncodeSegment();

  const DataSet& data_;
  const uint64_t begin_index_;
  size_t shard_ = 0;
  uint64_t position_ = 0;  // in the shard
  // Of the segment visited last: what was not handed out yet.
  std::string encoded_;
  std::vector<size_t> ends_;    // of the records in encoded_
  size_t next_ = 0;             // record in encoded_
  std::vector<CellPin> large_;  // not encoded yet
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_STATE_WALK_H_
