// Row: one line of the result: what was measured, against what, and whether that
// is as good as it is meant to be.
//
// A measurement brings numbers only. The ratio and the verdict follow from the
// target here, the same way for every row.
#ifndef VIGIL_TESTS_BENCHMARKS_ROW_H_
#define VIGIL_TESTS_BENCHMARKS_ROW_H_

#include <optional>
#include <string>

namespace vigil::bench {

// What the target bounds.
enum class Bound {
  kNone,          // nothing: the row informs
  kRatioAtMost,   // ours / peer, of times
  kRatioAtLeast,  // ours / peer, of rates
  kRatioAbove,    // likewise, and more than that
  kTimesLower,    // peer / ours, of times
  kOursAtMost,    // ours alone
  kOursAtLeast,
  kAddsAtMost,  // ours - peer: what the one thing that differs adds
};

struct Target {
  Bound bound = Bound::kNone;
  double value = 0;
};

struct RowSpec {
  std::string name;  // of a-z 0-9 _ .
  std::string unit;  // of ours and peer
  std::string what;  // one line for people: what ours is, and what the peer
  Target target;
};

struct Numbers {
  double ours = 0;
  std::optional<double> peer;
  std::string note;  // one line, may be empty
};

struct Row {
  RowSpec spec;
  Numbers numbers;

  // peer / ours for kTimesLower, else ours / peer; nullopt without a peer, and
  // when it would divide by zero.
  std::optional<double> Ratio() const;

  // Whether the target is met; nullopt if there is none.
  std::optional<bool> Ok() const;

  // {"row":"...","ours":N,"peer":N,"ratio":N,"target":N,"ok":true}; null is what
  // does not exist.
  std::string Json() const;
};

}  // namespace vigil::bench

#endif  // VIGIL_TESTS_BENCHMARKS_ROW_H_
