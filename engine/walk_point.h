// A place on the way of a walk over a data set.
#ifndef VIGIL_ENGINE_WALK_POINT_H_
#define VIGIL_ENGINE_WALK_POINT_H_

#include <compare>
#include <cstdint>

namespace vigil::engine {

// It means the same to all walks over a data set, until another one takes its place.
struct WalkPoint {
  uint64_t shard = 0;
  uint64_t position = 0;
  friend auto operator<=>(const WalkPoint&, const WalkPoint&) = default;
};

// A walk that began at `begin` goes on at `at`.
struct WalkResume {
  WalkPoint begin;
  WalkPoint at;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_WALK_POINT_H_
