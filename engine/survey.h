// Survey: looks at every key, a few at a time, for ever, for what only a look at all of
// them can tell: which are the largest.
//
// Thread-safety: Step() one caller at a time, the rest from any thread.
// Lifetime: `data` outlives it.
#ifndef VIGIL_ENGINE_SURVEY_H_
#define VIGIL_ENGINE_SURVEY_H_

#include <cstddef>
#include <cstdint>

#include "engine/base/mutex.h"
#include "engine/big_keys.h"
#include "engine/data_set.h"

namespace vigil::engine {

class Survey {
 public:
  explicit Survey(const DataSet& data) : data_(data) {}

  // Goes on by a few thousand keys.
  void Step();

  // What the last complete look found.
  BigKeys big_keys() const;

 private:
  const DataSet& data_;
  size_t shard_ = 0;
  uint64_t position_ = 0;
  BigKeys under_way_;

  mutable Mutex mu_;
  BigKeys complete_ ABSL_GUARDED_BY(mu_);
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_SURVEY_H_
