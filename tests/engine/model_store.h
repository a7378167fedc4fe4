// ModelStore: what the engine promises, in the simplest possible way: a std::map for
// each database, and a list of what each record changed.
//
// It is the specification of engine.h's operations, written from its comments and
// from Redis' behaviour; it shares no code with the engine, not even for numbers.
//
// Thread-safety: thread-compatible.
#ifndef VIGIL_TESTS_ENGINE_MODEL_STORE_H_
#define VIGIL_TESTS_ENGINE_MODEL_STORE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "engine/mutation.h"

namespace vigil::engine {

struct ModelEntry {
  std::string value;
  uint64_t version = 0;
  int64_t expires_ms = 0;  // 0: never

  bool LiveAt(int64_t now_ms) const {
    return expires_ms == 0 || expires_ms > now_ms;
  }
  friend bool operator==(const ModelEntry&, const ModelEntry&) = default;
};

using ModelDatabase = std::map<std::string, ModelEntry, std::less<>>;

// All databases by the application's numbers, expired keys included.
struct ModelState {
  std::vector<ModelDatabase> databases;
  std::vector<uint8_t> physical;  // what records call each of them
  friend bool operator==(const ModelState&, const ModelState&) = default;
};

// The first difference, for people; empty if there is none.
std::string Difference(const ModelState& expected, const ModelState& actual);

class ModelStore {
 public:
  struct Limits {
    size_t key_bytes = 0;
    size_t value_bytes = 0;
  };
  struct Answer {
    absl::StatusCode code = absl::StatusCode::kOk;
    std::vector<MutationResult> results;  // only if kOk
    // The encoding decides whether the batch is too large, which a model does not
    // know: then kInvalidArgument is right, too.
    bool may_be_too_large = false;
  };

  ModelStore(int databases, const Limits& limits);

  // --- Operations. Each that changes something takes the next index.
  Answer Mutate(const Mutation& mutation, int64_t now_ms);
  Answer MutateMany(const std::vector<Mutation>& mutations, int64_t now_ms);
  // As if MutateMany had not been called. REQUIRES: it was the last call.
  void Undo();
  uint64_t Flush(const std::vector<int>& databases);
  uint64_t SwapDatabases(int a, int b);
  // A record that changes nothing.
  void AppendMarker() { Append({}); }
  // False if there is no such key, or its time is not over.
  bool DeleteExpired(int database, std::string_view key, int64_t now_ms);

  // --- Looking.
  uint64_t last_index() const { return history_.size(); }
  const ModelState& state() const { return state_; }
  const ModelEntry* Find(int database, std::string_view key,
                         int64_t now_ms) const;
  size_t CountExpired(int64_t now_ms) const;
  // What the data set was after record `index`.
  ModelState StateAt(uint64_t index) const;

  // Nothing after record `index` has happened.
  void ForgetAfter(uint64_t index);

 private:
  using Place = std::pair<int, std::string>;
  // Keys that are there, or not any more, after a record.
  using Changes = std::map<Place, std::optional<ModelEntry>>;
  struct Record {
    Changes changes;
    std::vector<int> flushed;
    std::optional<std::pair<int, int>> swapped;
  };

  static void Replay(const Record& record, ModelState& state);
  uint64_t Append(Record record);
  // The entry as mutations after `changes` see it.
  std::optional<ModelEntry> Present(const Changes& changes, const Place& place,
                                    int64_t now_ms) const;
  absl::StatusCode Validate(const Mutation& mutation) const;
  // One of a batch, or alone. kAborted: a condition does not hold.
  absl::StatusCode Do(const Mutation& mutation, int64_t now_ms,
                      Changes& changes, MutationResult& result) const;
  absl::StatusCode DoRename(const Mutation& mutation, int64_t now_ms,
                            Changes& changes, MutationResult& result) const;
  absl::StatusCode DoValue(const Mutation& mutation, ModelEntry& entry,
                           bool exists, bool& changed,
                           MutationResult& result) const;

  const Limits limits_;
  ModelState state_;
  std::vector<Record> history_;  // of record 1, 2, ...
};

}  // namespace vigil::engine

#endif  // VIGIL_TESTS_ENGINE_MODEL_STORE_H_
