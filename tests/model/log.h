// Log: what a member of the model holds, at most eight records, as one word.
//
// A record is the byte {epoch, kind, target}. Its content is given by its
// (epoch, index), as in protocol.md: two records that differ in content and not
// in (epoch, index) are the violation that invariants.h looks for.
#ifndef VIGIL_TESTS_MODEL_LOG_H_
#define VIGIL_TESTS_MODEL_LOG_H_

#include <compare>
#include <cstdint>

namespace vigil::model {

// Of leader and number, as an ordinal from 1; 0: none. Scope::NumberOf tells
// the number.
using Epoch = uint8_t;
inline constexpr int kEpochs = 5;
inline constexpr int kRecords = 8;

enum class Kind : uint8_t { kEpochRecord, kWrite, kJoint, kFinal };

struct Record {
  Epoch epoch = 0;
  Kind kind = Kind::kEpochRecord;
  uint8_t target = 0;  // kJoint, kFinal: an index of Scope::targets
  friend bool operator==(const Record&, const Record&) = default;
};

// Of the last record of a log; {} of an empty one.
struct Position {
  uint8_t value = 0;
  Position() = default;
  Position(Epoch epoch, int index)
      : value(static_cast<uint8_t>(epoch << 4 | index)) {}
  Epoch epoch() const { return value >> 4; }
  int index() const { return value & 15; }
  friend auto operator<=>(const Position&, const Position&) = default;
};

class Log {
 public:
  int size() const;
  bool empty() const { return bytes_ == 0; }
  // REQUIRES: 1 <= index <= size().
  Record At(int index) const;
  Position LastPosition() const;
  Log Prefix(int size) const;
  bool StartsWith(const Log& prefix) const;
  // The first index of `epoch`; 0: it has none.
  int FirstIndexOf(Epoch epoch) const;
  // REQUIRES: size() < kRecords.
  void Append(const Record& record);
  // This log, then what `other` has above its end, up to `size`.
  Log ContinuedBy(const Log& other, int size) const;

  friend bool operator==(const Log&, const Log&) = default;

 private:
  uint64_t bytes_ = 0;  // record i in byte i - 1; no record is 0
};

// "In the last epoch that both histories share, the smaller of their last
// indexes in it." The same decision as vigil::CommonIndex.
int CommonIndex(const Log& a, const Log& b);

// The history of `a`, as a list of (epoch, first index), begins that of `b`.
bool HistoryBegins(const Log& a, const Log& b);

}  // namespace vigil::model

#endif  // VIGIL_TESTS_MODEL_LOG_H_
