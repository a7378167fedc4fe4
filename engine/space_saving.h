// SpaceSaving: the most frequent keys of a stream, in fixed memory.
//
// Metwally, Agrawal, El Abbadi: Efficient Computation of Frequent and Top-k Elements in
// Data Streams (ICDT 2005). There are `capacity` counters. A key that has none takes the
// smallest counter over, with its count, and remembers that count as its possible error.
//
// Invariants: count - error <= the key's true number <= count; every key with more than
// total() / capacity occurrences has a counter.
//
// Thread-safety: thread-compatible. Memory: capacity * (kKeyBytes + about 100 bytes).
#ifndef VIGIL_ENGINE_SPACE_SAVING_H_
#define VIGIL_ENGINE_SPACE_SAVING_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace vigil::engine {

class SpaceSaving {
 public:
  // A longer key is told apart by all of its bytes (their hash), and shown cut.
  static constexpr size_t kKeyBytes = 128;

  struct Counter {
    uint8_t database = 0;
    std::string key;  // its first kKeyBytes
    uint64_t count = 0;
    uint64_t error = 0;
  };

  explicit SpaceSaving(size_t capacity);

  void Add(uint8_t database, std::string_view key);
  // Everything counts half from now on, so that what was frequent once fades.
  void Halve();
  void Clear();

  // Those that are certainly most frequent first: by count - error.
  std::vector<Counter> Top(size_t n) const;
  // Of all that was added, halved with it.
  uint64_t total() const { return total_; }

 private:
  // The counter to take over.
  size_t Smallest() const;

  const size_t capacity_;
  uint64_t total_ = 0;
  // counts_[i] and hashes_[i] belong to counters_[i]; apart, so that the search for the
  // smallest reads one short run of memory.
  std::vector<uint64_t> counts_;
  std::vector<uint64_t> hashes_;
  std::vector<Counter> counters_;
  absl::flat_hash_map<uint64_t, size_t> index_;  // by hash
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_SPACE_SAVING_H_
