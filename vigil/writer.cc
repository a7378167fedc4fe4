#include "vigil/writer.h"

#include <algorithm>
#include <numeric>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "vigil/expiry.h"

namespace vigil {
namespace {

using engine::Mutation;
using engine::MutationResult;

Mutation::Existence ToExistence(When when) {
  switch (when) {
    case When::kAlways:
      return Mutation::Existence::kAny;
    case When::kIfAbsent:
      return Mutation::Existence::kAbsent;
    case When::kIfPresent:
      return Mutation::Existence::kPresent;
  }
  return Mutation::Existence::kAny;
}

template <typename Options>
WriteOptions ToWriteOptions(const Options& options) {
  return {.ack = options.ack,
          .timeout = options.timeout,
          .database = options.database};
}

}  // namespace

// --- Do it

template <typename Result>
WrittenOr<Result> Writer::Apply(
    const Goal& goal,
    absl::FunctionRef<absl::StatusOr<uint64_t>(MonoTime, Result&)> what) {
  Written<Result> written{.deadline = clock_.Mono() + goal.timeout};
  const absl::StatusOr<Epoch> epoch = Admit(goal, written.deadline);
  if (!epoch.ok()) return epoch.status();
  // A deadline that is past: the engine does not wait.
  const MonoTime room_by =
      goal.way.room == Room::kAwait ? written.deadline : MonoTime{};
  const absl::StatusOr<uint64_t> index = what(room_by, written.result);
  if (!index.ok()) Count(index.status());
  if (absl::IsFailedPrecondition(index.status())) return not_master_();
  if (!index.ok() && !WaitsForVerdict(index.status(), goal))
    return index.status();
  const bool applied = index.ok() && *index != 0;
  const absl::StatusOr<uint64_t> upto =
      applied ? *index : AfterNothing(goal, room_by);
  if (!upto.ok()) return upto.status();
  written.ack = AckOf(goal.ack, *epoch, *upto);
  written.ack.applied = applied;
  if (!index.ok()) written.ack.verdict = index.status();
  return written;
}

absl::Status Writer::CheckDatabase(int database) const {
  if (database >= 0 && database < options_.databases) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "database is ", database, "; allowed: 0 to ", options_.databases - 1));
}

// --- One key

template <typename Result>
WrittenOr<Result> Writer::Mutate(
    Mutation mutation, const WriteOptions& options, const Way& way,
    absl::FunctionRef<Result(MutationResult&&)> shape) {
  if (absl::Status s = CheckDatabase(options.database); !s.ok()) return s;
  mutation.database = static_cast<uint8_t>(options.database);
  return Apply<Result>(
      {options.ack, options.timeout, way},
      [&](MonoTime room_by, Result& result) -> absl::StatusOr<uint64_t> {
        auto done = engine_.Mutate(mutation, room_by, way.note);
        if (!done.ok()) return done.status();
        const uint64_t index = done->index;
        result = shape(*std::move(done));
        return index;
      });
}

WrittenOr<ChangeResult> Writer::Change(const Mutation& mutation,
                                       const WriteOptions& options,
                                       const Way& way) {
  return Mutate<ChangeResult>(
      mutation, options, way, [](MutationResult&& done) {
        return ChangeResult{.applied = done.applied, .receipt = {}};
      });
}

WrittenOr<SizeResult> Writer::Resize(const Mutation& mutation,
                                     const WriteOptions& options,
                                     const Way& way) {
  return Mutate<SizeResult>(mutation, options, way, [](MutationResult&& done) {
    return SizeResult{.size = done.size, .receipt = {}};
  });
}

WrittenOr<SetResult> Writer::Set(std::string_view key, std::string_view value,
                                 const SetOptions& options, const Way& way) {
  const auto expires_at =
      ExpiryOf(options.ttl, options.expires_at, options.keep_ttl, clock_);
  if (!expires_at.ok()) return expires_at.status();
  return Mutate<SetResult>(
      {.kind = Mutation::Kind::kSet,
       .key = key,
       .value = value,
       .existence = ToExistence(options.when),
       .version = options.if_version,
       .expires_at = *expires_at,
       .keep_expiry = options.keep_ttl,
       .want_previous = options.return_previous},
      ToWriteOptions(options), way, [](MutationResult&& done) {
        SetResult result{
            .applied = done.applied, .previous = {}, .receipt = {}};
        if (done.previous) result.previous = ToValue(*std::move(done.previous));
        return result;
      });
}

WrittenOr<DeleteResult> Writer::Delete(std::string_view key,
                                       const WriteOptions& options,
                                       const Way& way) {
  return Mutate<DeleteResult>({.kind = Mutation::Kind::kDelete, .key = key},
                              options, way, [](MutationResult&& done) {
                                return DeleteResult{.existed = done.applied,
                                                    .receipt = {}};
                              });
}

WrittenOr<IncrementResult> Writer::Increment(std::string_view key,
                                             int64_t delta,
                                             const WriteOptions& options,
                                             const Way& way) {
  return Mutate<IncrementResult>(
      {.kind = Mutation::Kind::kIncrement, .key = key, .delta = delta}, options,
      way, [](MutationResult&& done) {
        return IncrementResult{.value = done.integer, .receipt = {}};
      });
}

WrittenOr<IncrementFloatResult> Writer::IncrementFloat(
    std::string_view key, double delta, const WriteOptions& options,
    const Way& way) {
  return Mutate<IncrementFloatResult>({.kind = Mutation::Kind::kIncrementFloat,
                                       .key = key,
                                       .delta_float = delta},
                                      options, way, [](MutationResult&& done) {
                                        return IncrementFloatResult{
                                            .value = done.real, .receipt = {}};
                                      });
}

WrittenOr<SizeResult> Writer::Append(std::string_view key,
                                     std::string_view value,
                                     const WriteOptions& options,
                                     const Way& way) {
  return Resize({.kind = Mutation::Kind::kAppend, .key = key, .value = value},
                options, way);
}

WrittenOr<SizeResult> Writer::SetRange(std::string_view key, uint64_t offset,
                                       std::string_view value,
                                       const WriteOptions& options,
                                       const Way& way) {
  return Resize({.kind = Mutation::Kind::kSetRange,
                 .key = key,
                 .value = value,
                 .offset = offset},
                options, way);
}

WrittenOr<ChangeResult> Writer::Rename(std::string_view key,
                                       std::string_view new_key,
                                       const RenameOptions& options,
                                       const Way& way) {
  return Change(
      {.kind = Mutation::Kind::kRename,
       .key = key,
       .value = new_key,
       .existence = options.only_if_absent ? Mutation::Existence::kAbsent
                                           : Mutation::Existence::kAny},
      ToWriteOptions(options), way);
}

WrittenOr<ChangeResult> Writer::Expire(std::string_view key, absl::Duration ttl,
                                       const ExpireOptions& options,
                                       const Way& way) {
  const absl::Time now = absl::FromUnixMillis(clock_.Wall().ms);
  return ExpireAt(key, now + ttl, options, way);
}

WrittenOr<ChangeResult> Writer::ExpireAt(std::string_view key, absl::Time at,
                                         const ExpireOptions& options,
                                         const Way& way) {
  const auto expires_at =
      ExpiryOf(absl::ZeroDuration(), at, /*keep=*/false, clock_);
  if (!expires_at.ok()) return expires_at.status();
  return Change({.kind = Mutation::Kind::kExpire,
                 .key = key,
                 .expires_at = *expires_at,
                 .expire_if = static_cast<Mutation::ExpireIf>(options.when)},
                ToWriteOptions(options), way);
}

WrittenOr<ChangeResult> Writer::Persist(std::string_view key,
                                        const WriteOptions& options,
                                        const Way& way) {
  return Change({.kind = Mutation::Kind::kExpire, .key = key}, options, way);
}

// --- Several keys

absl::StatusOr<Mutation> Writer::ToMutation(const Batch::Operation& from) {
  if (absl::Status s = CheckDatabase(from.database); !s.ok()) return s;
  const BatchSetOptions& options = from.options;
  const auto expires_at =
      ExpiryOf(options.ttl, options.expires_at, options.keep_ttl, clock_);
  if (!expires_at.ok()) return expires_at.status();
  return Mutation{.kind = static_cast<Mutation::Kind>(from.kind),
                  .database = static_cast<uint8_t>(from.database),
                  .key = from.key,
                  .value = from.value,
                  .existence = ToExistence(options.when),
                  .version = options.if_version,
                  .expires_at = *expires_at,
                  .keep_expiry = options.keep_ttl,
                  .delta = from.delta,
                  .delta_float = from.delta_float,
                  .offset = from.offset};
}

WrittenOr<BatchResult> Writer::Write(const Batch& batch,
                                     const WriteOptions& options,
                                     const Way& way) {
  std::vector<Mutation> mutations;
  for (const Batch::Operation& operation : batch.operations_) {
    auto mutation = ToMutation(operation);
    if (!mutation.ok()) return mutation.status();
    mutations.push_back(*mutation);
  }
  return Apply<BatchResult>(
      {options.ack, options.timeout, way},
      [&](MonoTime room_by, BatchResult& result) -> absl::StatusOr<uint64_t> {
        const auto done = engine_.MutateMany(mutations, room_by, way.note);
        if (!done.ok()) return done.status();
        for (const MutationResult& each : *done) {
          result.results.push_back({.applied = each.applied,
                                    .integer = each.integer,
                                    .real = each.real,
                                    .size = each.size});
        }
        return done->empty() ? 0 : done->front().index;
      });
}

WrittenOr<DeleteManyResult> Writer::DeleteMany(
    const std::vector<std::string_view>& keys, const WriteOptions& options,
    const Way& way) {
  Batch batch;
  batch.In(options.database);
  for (const std::string_view key : keys) batch.Delete(key);
  const auto written = Write(batch, options, way);
  if (!written.ok()) return written.status();
  const auto& results = written->result.results;
  const auto deleted = static_cast<uint64_t>(
      std::count_if(results.begin(), results.end(),
                    [](const OperationResult& each) { return each.applied; }));
  return Written<DeleteManyResult>{
      .result = {.deleted = deleted, .receipt = {}},
      .ack = written->ack,
      .deadline = written->deadline};
}

// --- Whole databases

WrittenOr<Receipt> Writer::Flush(const std::vector<int>& databases,
                                 const WriteOptions& options, const Way& way) {
  return Apply<Receipt>({options.ack, options.timeout, way},
                        [&](MonoTime room_by, Receipt&) {
                          return engine_.Flush(databases, room_by, way.note);
                        });
}

WrittenOr<Receipt> Writer::FlushDatabase(const WriteOptions& options,
                                         const Way& way) {
  if (absl::Status s = CheckDatabase(options.database); !s.ok()) return s;
  return Flush({options.database}, options, way);
}

WrittenOr<Receipt> Writer::FlushAll(const WriteOptions& options,
                                    const Way& way) {
  std::vector<int> all(static_cast<size_t>(options_.databases));
  std::iota(all.begin(), all.end(), 0);
  return Flush(all, options, way);
}

WrittenOr<Receipt> Writer::SwapDatabases(int a, int b,
                                         const WriteOptions& options,
                                         const Way& way) {
  for (const int database : {a, b}) {
    if (absl::Status s = CheckDatabase(database); !s.ok()) return s;
  }
  return Apply<Receipt>({options.ack, options.timeout, way},
                        [&](MonoTime room_by, Receipt&) {
                          return engine_.SwapDatabases(a, b, room_by, way.note);
                        });
}

}  // namespace vigil
