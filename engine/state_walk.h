// ShardWalk: the StateWalk over a DataSet, one shard after the other.
//
// A shard's keys are copied under its lock, then their entries in small groups, so
// that no writer waits long: about 10 ms for the keys of a shard of 150,000.
#ifndef VIGIL_ENGINE_STATE_WALK_H_
#define VIGIL_ENGINE_STATE_WALK_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

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
  // Encodes some of keys_ under one hold of the shard's lock.
  void EncodeSome(size_t bytes_max, std::string& out);

  const DataSet& data_;
  const uint64_t begin_index_;
  size_t next_shard_ = 0;  // keys_ are of the one before
  std::vector<std::string> keys_;
  size_t next_key_ = 0;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_STATE_WALK_H_
