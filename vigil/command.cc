#include "vigil/command.h"

#include <string>
#include <utility>

#include "absl/status/status.h"

namespace vigil {
namespace {

template <typename Options>
Command Make(Command::Kind kind, const Options& options) {
  Command command;
  command.kind = kind;
  command.ack = options.ack;
  command.timeout = options.timeout;
  command.database = options.database;
  return command;
}

using Did = Command::OperationKind;

// One operation on one key; what else it has is said in the operation.
template <typename Options>
Command One(Did kind, std::string_view key, const Options& options) {
  Command command = Make(Command::Kind::kOperation, options);
  command.operations.push_back(
      {.kind = kind, .database = options.database, .key = std::string(key)});
  return command;
}

WriteOptions WriteOptionsOf(const Command& command, absl::Duration timeout) {
  return {.ack = command.ack, .timeout = timeout, .database = command.database};
}

ExpireOptions ExpireOptionsOf(const Command& command, absl::Duration timeout) {
  return {.when = command.expire_if,
          .ack = command.ack,
          .timeout = timeout,
          .database = command.database};
}

SetOptions SetOptionsOf(const Command& command, absl::Duration timeout) {
  const BatchSetOptions& options = command.operations[0].options;
  return {.ttl = options.ttl,
          .expires_at = options.expires_at,
          .keep_ttl = options.keep_ttl,
          .when = options.when,
          .if_version = options.if_version,
          .return_previous = command.return_previous,
          .ack = command.ack,
          .timeout = timeout,
          .database = command.database};
}

// Its receipt is what the wait brings.
template <typename Result>
WrittenOr<Receipt> Bare(WrittenOr<Result> written) {
  if (!written.ok()) return std::move(written).status();
  return Written<Receipt>{
      .result = {}, .ack = written->ack, .deadline = written->deadline};
}

absl::Status Unknown() {
  return absl::InvalidArgumentError("not a write that this node knows");
}

WrittenOr<Receipt> RunOne(const Command& command, absl::Duration timeout,
                          Writer& writer, const Way& way) {
  const Command::Operation& operation = command.operations[0];
  const std::string& key = operation.key;
  const WriteOptions options = WriteOptionsOf(command, timeout);
  switch (operation.kind) {
    case Did::kSet:
      return Bare(writer.Set(key, operation.value,
                             SetOptionsOf(command, timeout), way));
    case Did::kDelete:
      return Bare(writer.Delete(key, options, way));
    case Did::kExpire:
      return Bare(writer.ExpireAt(key, operation.options.expires_at,
                                  ExpireOptionsOf(command, timeout), way));
    case Did::kIncrement:
      return Bare(writer.Increment(key, operation.delta, options, way));
    case Did::kIncrementFloat:
      return Bare(
          writer.IncrementFloat(key, operation.delta_float, options, way));
    case Did::kAppend:
      return Bare(writer.Append(key, operation.value, options, way));
    case Did::kSetRange:
      return Bare(writer.SetRange(key, operation.offset, operation.value,
                                  options, way));
    case Did::kRename:
      return Bare(writer.Rename(
          key, operation.value,
          {.only_if_absent = operation.options.when == When::kIfAbsent,
           .ack = command.ack,
           .timeout = timeout,
           .database = command.database},
          way));
    case Did::kCheck:
      break;
  }
  return Unknown();
}

}  // namespace

size_t Command::bytes() const {
  size_t bytes = sizeof(*this);
  for (const Operation& each : operations)
    bytes += sizeof(each) + each.key.size() + each.value.size();
  return bytes;
}

Command Command::Set(std::string_view key, std::string_view value,
                     const SetOptions& options) {
  Command command = One(Did::kSet, key, options);
  command.return_previous = options.return_previous;
  command.operations[0].value = value;
  command.operations[0].options = {.ttl = options.ttl,
                                   .expires_at = options.expires_at,
                                   .keep_ttl = options.keep_ttl,
                                   .when = options.when,
                                   .if_version = options.if_version};
  return command;
}

Command Command::Delete(std::string_view key, const WriteOptions& options) {
  return One(Did::kDelete, key, options);
}

Command Command::DeleteMany(const std::vector<std::string_view>& keys,
                            const WriteOptions& options) {
  Batch batch;
  batch.In(options.database);
  for (const std::string_view key : keys) batch.Delete(key);
  Command command = Write(batch, options);
  command.kind = Command::Kind::kDeleteMany;
  return command;
}

Command Command::Increment(std::string_view key, int64_t delta,
                           const WriteOptions& options) {
  Command command = One(Did::kIncrement, key, options);
  command.operations[0].delta = delta;
  return command;
}

Command Command::IncrementFloat(std::string_view key, double delta,
                                const WriteOptions& options) {
  Command command = One(Did::kIncrementFloat, key, options);
  command.operations[0].delta_float = delta;
  return command;
}

Command Command::Append(std::string_view key, std::string_view value,
                        const WriteOptions& options) {
  Command command = One(Did::kAppend, key, options);
  command.operations[0].value = value;
  return command;
}

Command Command::SetRange(std::string_view key, uint64_t offset,
                          std::string_view value, const WriteOptions& options) {
  Command command = One(Did::kSetRange, key, options);
  command.operations[0].offset = offset;
  command.operations[0].value = value;
  return command;
}

Command Command::Rename(std::string_view key, std::string_view new_key,
                        const RenameOptions& options) {
  Command command = One(Did::kRename, key, options);
  command.operations[0].value = new_key;
  if (options.only_if_absent)
    command.operations[0].options.when = When::kIfAbsent;
  return command;
}

Command Command::Expire(std::string_view key, absl::Duration ttl,
                        const ExpireOptions& options) {
  Command command = ExpireAt(key, absl::InfiniteFuture(), options);
  command.kind = Command::Kind::kExpireIn;
  command.ttl = ttl;
  return command;
}

Command Command::ExpireAt(std::string_view key, absl::Time at,
                          const ExpireOptions& options) {
  Command command = One(Did::kExpire, key, options);
  command.expire_if = options.when;
  command.operations[0].options.expires_at = at;
  return command;
}

Command Command::Persist(std::string_view key, const WriteOptions& options) {
  return One(Did::kExpire, key, options);  // at the infinite future
}

Command Command::Write(const Batch& batch, const WriteOptions& options) {
  Command command = Make(Command::Kind::kBatch, options);
  command.operations = batch.operations_;
  return command;
}

Command Command::FlushDatabase(const WriteOptions& options) {
  return Make(Command::Kind::kFlushDatabase, options);
}

Command Command::FlushAll(const WriteOptions& options) {
  return Make(Command::Kind::kFlushAll, options);
}

Command Command::SwapDatabases(int a, int b, const WriteOptions& options) {
  Command command = Make(Command::Kind::kSwapDatabases, options);
  command.database = a;
  command.other_database = b;
  return command;
}

Command Command::Wait(const Receipt& receipt, Ack ack, absl::Duration timeout) {
  Command command;
  command.kind = Command::Kind::kWait;
  command.ack = ack;
  command.timeout = timeout;
  command.receipt = receipt;
  return command;
}

Batch Command::ToBatch() const {
  Batch batch;
  batch.operations_ = operations;
  return batch;
}

WrittenOr<Receipt> Run(const Command& command, absl::Duration timeout,
                       Writer& writer, const Way& way) {
  const WriteOptions options = WriteOptionsOf(command, timeout);
  const bool one = command.operations.size() == 1;
  switch (command.kind) {
    case Command::Kind::kOperation:
      return one ? RunOne(command, timeout, writer, way) : Unknown();
    case Command::Kind::kExpireIn:
      if (!one) break;
      return Bare(writer.Expire(command.operations[0].key, command.ttl,
                                ExpireOptionsOf(command, timeout), way));
    case Command::Kind::kDeleteMany:
    case Command::Kind::kBatch:
      return Bare(writer.Write(command.ToBatch(), options, way));
    case Command::Kind::kFlushDatabase:
      return writer.FlushDatabase(options, way);
    case Command::Kind::kFlushAll:
      return writer.FlushAll(options, way);
    case Command::Kind::kSwapDatabases:
      return writer.SwapDatabases(command.database, command.other_database,
                                  options, way);
    case Command::Kind::kWait:
      return writer.Wait(command.receipt, command.ack, timeout);
  }
  return Unknown();
}

}  // namespace vigil
