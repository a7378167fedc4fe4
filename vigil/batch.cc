#include "vigil/batch.h"

namespace vigil {

Batch::Operation& Batch::Add(Kind kind, std::string_view key) {
  Operation& operation = operations_.emplace_back();
  operation.kind = kind;
  operation.database = database_;
  operation.key = key;
  return operation;
}

Batch& Batch::In(int database) {
  database_ = database;
  return *this;
}

Batch& Batch::Set(std::string_view key, std::string_view value,
                  const BatchSetOptions& options) {
  Operation& operation = Add(Kind::kSet, key);
  operation.value = value;
  operation.options = options;
  return *this;
}

Batch& Batch::Delete(std::string_view key) {
  Add(Kind::kDelete, key);
  return *this;
}

Batch& Batch::Increment(std::string_view key, int64_t delta) {
  Add(Kind::kIncrement, key).delta = delta;
  return *this;
}

Batch& Batch::IncrementFloat(std::string_view key, double delta) {
  Add(Kind::kIncrementFloat, key).delta_float = delta;
  return *this;
}

Batch& Batch::Append(std::string_view key, std::string_view value) {
  Add(Kind::kAppend, key).value = value;
  return *this;
}

Batch& Batch::SetRange(std::string_view key, uint64_t offset,
                       std::string_view value) {
  Operation& operation = Add(Kind::kSetRange, key);
  operation.offset = offset;
  operation.value = value;
  return *this;
}

Batch& Batch::Rename(std::string_view key, std::string_view new_key,
                     bool only_if_absent) {
  Operation& operation = Add(Kind::kRename, key);
  operation.value = new_key;
  if (only_if_absent) operation.options.when = When::kIfAbsent;
  return *this;
}

Batch& Batch::Expire(std::string_view key, absl::Time at) {
  Add(Kind::kExpire, key).options.expires_at = at;
  return *this;
}

Batch& Batch::Persist(std::string_view key) {
  return Expire(key, absl::InfiniteFuture());
}

Batch& Batch::Check(std::string_view key, uint64_t version) {
  Add(Kind::kCheck, key).options.if_version = version;
  return *this;
}

Batch& Batch::CheckExists(std::string_view key) {
  Add(Kind::kCheck, key).options.when = When::kIfPresent;
  return *this;
}

Batch& Batch::CheckAbsent(std::string_view key) {
  Add(Kind::kCheck, key).options.when = When::kIfAbsent;
  return *this;
}

}  // namespace vigil
