// FlushWork: erasing what was flushed, as a work on the board.
//
// Thread-compatible. Lifetime: what the constructor gets outlives it.
#ifndef VIGIL_ENGINE_FLUSH_WORK_H_
#define VIGIL_ENGINE_FLUSH_WORK_H_

#include <cstddef>
#include <optional>

#include "engine/data_set.h"
#include "engine/work_board.h"

namespace vigil::engine {

class FlushWork {
 public:
  FlushWork(const DataSet& data, WorkBoard& works)
      : data_(data), works_(works) {}

  // Notes how far it is.
  void Look() {
    const size_t left = data_.flushed_cells();
    if (left > left_) {
      if (item_.has_value()) {
        item_->AddTotal(left - left_);  // another flush
      } else {
        item_.emplace(works_, "flush", left, 0);
      }
    } else if (item_.has_value()) {
      item_->Add(left_ - left, 0);
      if (left == 0) item_.reset();
    }
    left_ = left;
  }

 private:
  const DataSet& data_;
  WorkBoard& works_;
  std::optional<WorkBoard::Item> item_;  // none: there is nothing to erase
  size_t left_ = 0;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_FLUSH_WORK_H_
