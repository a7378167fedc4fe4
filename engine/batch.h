// Batch: what several mutations come to together.
//
// They are decided one after the other, each seeing what those before it do. One that
// fails, or whose condition does not hold, takes all with it. What is left is one
// effect a key, since all effects of a record share its index, and an entry takes
// only one change of an index.
//
// Pure. Thread-safety: thread-compatible.
#ifndef VIGIL_ENGINE_BATCH_H_
#define VIGIL_ENGINE_BATCH_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/types/span.h"
#include "engine/memory_need.h"
#include "engine/mutation.h"
#include "engine/record.h"

namespace vigil::engine {

class Batch {
 public:
  using Lookup =
      absl::FunctionRef<KeyState(uint8_t database, std::string_view key)>;

  // Decides `mutations` on what `lookup` shows, which stays valid as long as this.
  // On error nothing came of them:
  //   kAborted  a condition did not hold; says of which mutation
  //   others    as Decide
  absl::Status Decide(absl::Span<const Mutation> mutations, Lookup lookup,
                      WallTime now, const MutationLimits& limits);
  // Likewise of one alone, whose condition, if it does not hold, is no error (but that
  // of a kRename, which is kAborted).
  absl::Status DecideOne(const Mutation& mutation, Lookup lookup, WallTime now,
                         const MutationLimits& limits);

  // `index` is that of its record, and so the version of what it has changed, also where
  // a later mutation of the same batch tells it as what was there before.
  void SetIndex(uint64_t index);
  std::vector<MutationResult>& results() { return results_; }
  // Nothing comes of it, with these results.
  void Become(std::vector<MutationResult> results) {
    *this = Batch();
    results_ = std::move(results);
  }
  bool empty() const { return order_.empty(); }
  // Of all keys that it changes, as `lookup` shows them before.
  MemoryNeed Need(Lookup lookup) const;
  // The value of the kBatch record.
  std::string Encode() const;

 private:
  using Key = std::pair<uint8_t, std::string>;
  // What is left of a key so far.
  struct Change {
    bool exists = false;
    std::string value;
    WallTime expires_at;
  };

  KeyState Look(Lookup lookup, uint8_t database, std::string_view key) const;
  void Put(uint8_t database, std::string_view key, Change change);
  absl::Status DecideNext(const Mutation& mutation, bool alone, Lookup lookup,
                          WallTime now, const MutationLimits& limits);
  absl::Status Rename(const Mutation& mutation, Lookup lookup,
                      MutationResult& result);

  std::vector<MutationResult> results_;
  absl::flat_hash_map<Key, Change> changes_;
  std::vector<Key> order_;  // of their first change
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_BATCH_H_
