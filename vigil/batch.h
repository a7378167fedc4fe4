// Batch: several operations that happen together or not at all.
//
//   auto moved = node->Write(Batch()
//                                .Check("account:1", seen_version)
//                                .Increment("account:1", -100)
//                                .Increment("account:2", 100));
//
// They are decided in order, each seeing what those before it did. If one cannot be
// done, or its condition does not hold, none is. What they do is one record of the
// log: in memory, on disk and on every replica it is there whole or not at all, and
// GetMany sees all of it or nothing.
//
// Thread-safety: thread-compatible. Copies what it is given.
#ifndef VIGIL_BATCH_H_
#define VIGIL_BATCH_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "vigil/operation.h"

namespace vigil {

// Conditions and expiry of one Set in a batch: as in SetOptions.
struct BatchSetOptions {
  absl::Duration ttl = absl::ZeroDuration();
  absl::Time expires_at = absl::InfiniteFuture();
  bool keep_ttl = false;
  When when = When::kAlways;
  std::optional<uint64_t> if_version;
};

class Batch {
 public:
  // The database of the operations that follow; 0 at first.
  Batch& In(int database);

  Batch& Set(std::string_view key, std::string_view value,
             const BatchSetOptions& options = {});
  Batch& Delete(std::string_view key);
  Batch& Increment(std::string_view key, int64_t delta = 1);
  Batch& IncrementFloat(std::string_view key, double delta);
  Batch& Append(std::string_view key, std::string_view value);
  Batch& SetRange(std::string_view key, uint64_t offset,
                  std::string_view value);
  // There must be such a key.
  Batch& Rename(std::string_view key, std::string_view new_key,
                bool only_if_absent = false);
  Batch& Expire(std::string_view key, absl::Time at);
  Batch& Persist(std::string_view key);

  // Changes nothing; all fails unless the key has this version (0: is not there),
  // or is there, or is not. What this batch has changed before has no version yet.
  Batch& Check(std::string_view key, uint64_t version);
  Batch& CheckExists(std::string_view key);
  Batch& CheckAbsent(std::string_view key);

  size_t size() const { return operations_.size(); }

 private:
  friend class Writer;
  friend struct Command;
  enum class Kind {
    kSet,
    kDelete,
    kExpire,
    kIncrement,
    kIncrementFloat,
    kAppend,
    kSetRange,
    kRename,
    kCheck,
  };
  struct Operation {
    Kind kind;
    int database;
    std::string key;
    std::string value;
    BatchSetOptions options;
    int64_t delta = 0;
    double delta_float = 0;
    uint64_t offset = 0;
  };
  Operation& Add(Kind kind, std::string_view key);

  int database_ = 0;
  std::vector<Operation> operations_;
};

// Of one operation of a batch, in the order of the batch.
struct OperationResult {
  bool applied =
      false;            // false: there was nothing to delete, expire or persist
  int64_t integer = 0;  // Increment: the value after it
  double real = 0;      // IncrementFloat: the value after it
  uint64_t size = 0;    // Append, SetRange: the size of the value after it
};

struct BatchResult {
  std::vector<OperationResult> results;
  Receipt receipt;  // if nothing changed: the log's end
};

}  // namespace vigil

#endif  // VIGIL_BATCH_H_
