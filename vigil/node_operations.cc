// NodeImpl's reads and writes: from the application's terms to the engine's.
#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "vigil/expiry.h"
#include "vigil/node_impl.h"

namespace vigil {
namespace {

// Without a message, because a miss is no event: such a status costs nothing.
absl::Status NotFound() {
  return absl::Status(absl::StatusCode::kNotFound, "");
}

bool IsValueType(ValueType type) {
  switch (type) {
    case ValueType::kString:
    case ValueType::kList:
    case ValueType::kSet:
    case ValueType::kSortedSet:
    case ValueType::kHash:
      return true;
  }
  return false;
}

}  // namespace

// --- Writes

// Waits for a write that was begun here, or has it done by the master.
template <typename Result>
absl::StatusOr<Result> NodeImpl::Finish(absl::Duration timeout,
                                        WrittenOr<Result> written,
                                        absl::FunctionRef<Command()> command) {
  if (!written.ok() && forwarder_->Takes(written.status(), timeout))
    return forwarder_->Await<Result>(command());
  return writer_->Await(std::move(written));
}

absl::StatusOr<SetResult> NodeImpl::Set(std::string_view key,
                                        std::string_view value,
                                        const SetOptions& options) {
  return Finish(options.timeout,
                writer_->Set(key, value, options, Room::kAwait),
                [&] { return Command::Set(key, value, options); });
}

absl::StatusOr<DeleteResult> NodeImpl::Delete(std::string_view key,
                                              const WriteOptions& options) {
  return Finish(options.timeout, writer_->Delete(key, options, Room::kAwait),
                [&] { return Command::Delete(key, options); });
}

absl::StatusOr<DeleteManyResult> NodeImpl::DeleteMany(
    const std::vector<std::string_view>& keys, const WriteOptions& options) {
  return Finish(options.timeout,
                writer_->DeleteMany(keys, options, Room::kAwait),
                [&] { return Command::DeleteMany(keys, options); });
}

absl::StatusOr<IncrementResult> NodeImpl::Increment(
    std::string_view key, int64_t delta, const WriteOptions& options) {
  return Finish(options.timeout,
                writer_->Increment(key, delta, options, Room::kAwait),
                [&] { return Command::Increment(key, delta, options); });
}

absl::StatusOr<IncrementFloatResult> NodeImpl::IncrementFloat(
    std::string_view key, double delta, const WriteOptions& options) {
  return Finish(options.timeout,
                writer_->IncrementFloat(key, delta, options, Room::kAwait),
                [&] { return Command::IncrementFloat(key, delta, options); });
}

absl::StatusOr<SizeResult> NodeImpl::Append(std::string_view key,
                                            std::string_view value,
                                            const WriteOptions& options) {
  return Finish(options.timeout,
                writer_->Append(key, value, options, Room::kAwait),
                [&] { return Command::Append(key, value, options); });
}

absl::StatusOr<SizeResult> NodeImpl::SetRange(std::string_view key,
                                              uint64_t offset,
                                              std::string_view value,
                                              const WriteOptions& options) {
  return Finish(options.timeout,
                writer_->SetRange(key, offset, value, options, Room::kAwait),
                [&] { return Command::SetRange(key, offset, value, options); });
}

absl::StatusOr<ChangeResult> NodeImpl::Rename(std::string_view key,
                                              std::string_view new_key,
                                              const RenameOptions& options) {
  return Finish(options.timeout,
                writer_->Rename(key, new_key, options, Room::kAwait),
                [&] { return Command::Rename(key, new_key, options); });
}

absl::StatusOr<ChangeResult> NodeImpl::Expire(std::string_view key,
                                              absl::Duration ttl,
                                              const ExpireOptions& options) {
  return Finish(options.timeout,
                writer_->Expire(key, ttl, options, Room::kAwait),
                [&] { return Command::Expire(key, ttl, options); });
}

absl::StatusOr<ChangeResult> NodeImpl::ExpireAt(std::string_view key,
                                                absl::Time at,
                                                const ExpireOptions& options) {
  return Finish(options.timeout,
                writer_->ExpireAt(key, at, options, Room::kAwait),
                [&] { return Command::ExpireAt(key, at, options); });
}

absl::StatusOr<ChangeResult> NodeImpl::Persist(std::string_view key,
                                               const WriteOptions& options) {
  return Finish(options.timeout, writer_->Persist(key, options, Room::kAwait),
                [&] { return Command::Persist(key, options); });
}

absl::StatusOr<BatchResult> NodeImpl::Write(const Batch& batch,
                                            const WriteOptions& options) {
  return Finish(options.timeout, writer_->Write(batch, options, Room::kAwait),
                [&] { return Command::Write(batch, options); });
}

absl::StatusOr<Receipt> NodeImpl::FlushDatabase(const WriteOptions& options) {
  return Finish(options.timeout, writer_->FlushDatabase(options, Room::kAwait),
                [&] { return Command::FlushDatabase(options); });
}

absl::StatusOr<Receipt> NodeImpl::FlushAll(const WriteOptions& options) {
  return Finish(options.timeout, writer_->FlushAll(options, Room::kAwait),
                [&] { return Command::FlushAll(options); });
}

absl::StatusOr<Receipt> NodeImpl::SwapDatabases(int a, int b,
                                                const WriteOptions& options) {
  return Finish(options.timeout,
                writer_->SwapDatabases(a, b, options, Room::kAwait),
                [&] { return Command::SwapDatabases(a, b, options); });
}

absl::StatusOr<Receipt> NodeImpl::Wait(const Receipt& receipt, Ack ack,
                                       absl::Duration timeout) {
  return Finish(timeout, writer_->Wait(receipt, ack, timeout),
                [&] { return Command::Wait(receipt, ack, timeout); });
}

// --- Reads

absl::StatusOr<Value> NodeImpl::Get(std::string_view key,
                                    const ReadOptions& options) const {
  if (!HasDatabase(options)) return NotFound();
  std::optional<engine::Entry> entry = engine_->Get(key, options.database);
  if (!entry) return NotFound();
  return ToValue(*std::move(entry));
}

absl::StatusOr<PinnedValue> NodeImpl::GetPinned(
    std::string_view key, const ReadOptions& options) const {
  if (!HasDatabase(options)) return NotFound();
  auto entry = engine_->GetPinned(key, options.database);
  if (!entry) return NotFound();
  PinnedValue value;
  auto keep = std::make_shared<const engine::PinnedEntry>(*std::move(entry));
  value.data_ = keep->value();
  value.version_ = keep->version();
  value.expires_at_ = ToTime(keep->expires_at());
  value.keep_ = std::move(keep);
  return value;
}

Values NodeImpl::GetMany(const std::vector<std::string_view>& keys,
                         const ReadOptions& options) const {
  Values values(keys.size());
  if (!HasDatabase(options)) return values;
  engine_->VisitMany(keys, options.database,
                     [&](size_t i, const engine::EntryView& entry) {
                       values.Put(i, {.data = entry.value,
                                      .version = entry.version,
                                      .expires_at = ToTime(entry.expires_at)});
                     });
  return values;
}

absl::StatusOr<std::string> NodeImpl::GetRange(
    std::string_view key, uint64_t offset, uint64_t length,
    const ReadOptions& options) const {
  const auto value = GetPinned(key, options);
  if (!value.ok()) return value.status();
  const std::string_view data = value->data();
  return std::string(
      data.substr(std::min<uint64_t>(offset, data.size()), length));
}

bool NodeImpl::Exists(std::string_view key, const ReadOptions& options) const {
  return HasDatabase(options) && engine_->Exists(key, options.database);
}

absl::StatusOr<KeyInfo> NodeImpl::Inspect(std::string_view key,
                                          const ReadOptions& options) const {
  if (!HasDatabase(options)) return NotFound();
  const auto info = engine_->Look(key, options.database);
  if (!info) return NotFound();
  return KeyInfo{.version = info->version,
                 .expires_at = ToTime(info->expires_at),
                 .size = info->value_bytes,
                 .memory_bytes = info->memory_bytes};
}

absl::StatusOr<absl::Duration> NodeImpl::TimeToLive(
    std::string_view key, const ReadOptions& options) const {
  const auto info = Inspect(key, options);
  if (!info.ok()) return info.status();
  const absl::Time now = absl::FromUnixMillis(clock_.Wall().ms);
  return std::max(info->expires_at - now, absl::ZeroDuration());
}

bool NodeImpl::Touch(std::string_view key, const ReadOptions& options) const {
  return HasDatabase(options) && engine_->Touch(key, options.database);
}

absl::StatusOr<ScanPage> NodeImpl::Scan(const ScanOptions& options) const {
  if (options.type && !IsValueType(*options.type)) {
    return absl::InvalidArgumentError(
        absl::StrCat("type is ", static_cast<int>(*options.type),
                     "; allowed: a value of ValueType"));
  }
  // Every key is a string: of another type there is none.
  const bool any =
      options.type.value_or(ValueType::kString) == ValueType::kString;
  if (!any || !HasDatabase({options.database})) return ScanPage{};
  engine::ScanPage page = engine_->Scan({.database = options.database,
                                         .cursor = options.cursor,
                                         .prefix = options.prefix,
                                         .pattern = options.pattern,
                                         .count = options.count});
  return ScanPage{.keys = std::move(page.keys), .cursor = page.cursor};
}

absl::StatusOr<std::string> NodeImpl::RandomKey(
    const ReadOptions& options) const {
  if (!HasDatabase(options)) return NotFound();
  auto key = engine_->RandomKey(options.database);
  if (!key) return NotFound();
  return *std::move(key);
}

absl::StatusOr<ReadPoint> NodeImpl::Read(const Freshness& freshness,
                                         const std::function<void()>& read,
                                         absl::Duration timeout) const {
  return reader_->Read(freshness, read, timeout);
}

uint64_t NodeImpl::KeyCount(const ReadOptions& options) const {
  return HasDatabase(options) ? engine_->KeyCount(options.database) : 0;
}

void NodeImpl::ForEach(
    const std::function<void(std::string_view, const Value&)>& visit,
    const ReadOptions& options) const {
  if (!HasDatabase(options)) return;
  engine_->ForEach(
      [&](std::string_view key, const engine::Entry& entry) {
        visit(key, ToValue(engine::Entry(entry)));
      },
      options.database);
}

}  // namespace vigil
