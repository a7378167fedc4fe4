#include "engine/survey.h"

#include <utility>

#include "engine/databases.h"

namespace vigil::engine {
namespace {

// Segments in one step: about a millisecond and a half, so about 1 % of a core.
constexpr int kSegmentsPerStep = 16;

}  // namespace

void Survey::Step() {
  for (int i = 0; i < kSegmentsPerStep; ++i) {
    data_.ReadInTurn(shard_, [this](const Keyspace& keyspace) {
      keyspace.VisitSome(position_, [this](const Cell& cell) {
        if (cell.database() == kOwnDatabase) return;
        under_way_.Add(cell.database(), cell.key(), cell.value().size());
      });
    });
    if (position_ < Table::kPositionEnd) continue;
    position_ = 0;
    if (++shard_ < data_.shards()) continue;
    shard_ = 0;
    BigKeys done = std::exchange(under_way_, {});
    MutexLock lock(mu_);
    complete_ = std::move(done);
    return;
  }
}

BigKeys Survey::big_keys() const {
  MutexLock lock(mu_);
  return complete_;
}

}  // namespace vigil::engine
