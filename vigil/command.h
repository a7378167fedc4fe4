// Command: a write as a value, to be done elsewhere or later: what was called, with its
// arguments and options.
//
//   replica: Command ─▶ wire ─▶ master: Run(command, its Writer)
//
// Times are as the caller said them: what is relative is counted by the master's clock.
//
// Plain value.
#ifndef VIGIL_COMMAND_H_
#define VIGIL_COMMAND_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "vigil/batch.h"
#include "vigil/operation.h"
#include "vigil/writer.h"

namespace vigil {

struct Command {
  using Operation = Batch::Operation;
  using OperationKind = Batch::Kind;
  static constexpr int kOperationKinds =
      static_cast<int>(OperationKind::kCheck) + 1;

  // The method of vigil/node.h. The numbers are those of the wire.
  enum class Kind : uint8_t {
    kOperation =
        1,          // Set, Delete, Increment, ...: the one operation says which
    kExpireIn = 2,  // Expire: after `ttl`
    kDeleteMany = 3,
    kBatch = 4,
    kFlushDatabase = 5,
    kFlushAll = 6,
    kSwapDatabases = 7,
    kWait = 8,
  };

  Kind kind = Kind::kOperation;
  Ack ack;
  absl::Duration timeout;
  int database = 0;
  std::vector<Operation> operations;
  bool return_previous = false;  // of a Set
  ExpireIf expire_if = ExpireIf::kAlways;
  absl::Duration ttl;      // of kExpireIn
  int other_database = 0;  // of kSwapDatabases
  Receipt receipt;         // of kWait

  // What it takes in memory, and about what on the wire.
  size_t bytes() const;

  static Command Set(std::string_view key, std::string_view value,
                     const SetOptions& options);
  static Command Delete(std::string_view key, const WriteOptions& options);
  static Command DeleteMany(const std::vector<std::string_view>& keys,
                            const WriteOptions& options);
  static Command Increment(std::string_view key, int64_t delta,
                           const WriteOptions& options);
  static Command IncrementFloat(std::string_view key, double delta,
                                const WriteOptions& options);
  static Command Append(std::string_view key, std::string_view value,
                        const WriteOptions& options);
  static Command SetRange(std::string_view key, uint64_t offset,
                          std::string_view value, const WriteOptions& options);
  static Command Rename(std::string_view key, std::string_view new_key,
                        const RenameOptions& options);
  static Command Expire(std::string_view key, absl::Duration ttl,
                        const ExpireOptions& options);
  static Command ExpireAt(std::string_view key, absl::Time at,
                          const ExpireOptions& options);
  static Command Persist(std::string_view key, const WriteOptions& options);
  static Command Write(const Batch& batch, const WriteOptions& options);
  static Command FlushDatabase(const WriteOptions& options);
  static Command FlushAll(const WriteOptions& options);
  static Command SwapDatabases(int a, int b, const WriteOptions& options);
  static Command Wait(const Receipt& receipt, Ack ack, absl::Duration timeout);

  Batch ToBatch() const;
};

// Does it as the method does, but for its result, which the note of `way` hears of.
// `timeout` takes the place of the command's.
// kInvalidArgument, too: it is none that this version knows.
WrittenOr<Receipt> Run(const Command& command, absl::Duration timeout,
                       Writer& writer, const Way& way);

}  // namespace vigil

#endif  // VIGIL_COMMAND_H_
