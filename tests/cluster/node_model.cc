#include "tests/cluster/node_model.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace vigil::test {
namespace {

using engine::ModelEntry;
using engine::ModelStore;
using engine::MutationMaker;
using engine::MutationResult;
using Kind = engine::Mutation::Kind;
using Existence = engine::Mutation::Existence;

constexpr int kDatabases = 16;
constexpr int64_t kHourMs = 3'600'000;

absl::Time ToTime(int64_t expires_ms) {
  return expires_ms == 0 ? absl::InfiniteFuture()
                         : absl::FromUnixMillis(expires_ms);
}

When ToWhen(Existence existence) {
  return existence == Existence::kAny      ? When::kAlways
         : existence == Existence::kAbsent ? When::kIfAbsent
                                           : When::kIfPresent;
}

std::string Name(const char* what, std::string_view key) {
  return absl::StrCat(what, " of \"",
                      absl::CHexEscape(std::string(key.substr(0, 20))), "\"");
}

}  // namespace

NodeModel::NodeModel(uint64_t seed)
    : now_ms_(absl::ToUnixMillis(absl::Now())),
      group_(1,
             [](Options& options) {
               options.key_bytes_max = MutationMaker::kLimits.key_bytes;
               options.value_bytes_max = MutationMaker::kLimits.value_bytes;
             }),
      model_(kDatabases, MutationMaker::kLimits),
      random_(seed),
      maker_(random_, model_) {}

void NodeModel::Step() {
  ++step_;
  const uint64_t kind = random_.Uniform(100);
  if (kind < 45) {
    WriteOne();
  } else if (kind < 60) {
    WriteBatch();
  } else if (kind < 65) {
    DeleteMany();
  } else if (kind < 67) {
    WriteDatabases();
  } else if (kind < 87) {
    ReadOne();
  } else if (kind < 94) {
    ReadMany();
  } else {
    ReadDatabase();
  }
  maker_.Forget();
}

void NodeModel::Reopen() {
  group_.Close(0);
  group_.Open(0);
  Check("reopen", group_.live(0).AwaitRole(NodeRole::kMaster));
  if (!violation_.empty()) return;
  for (int database = 0; database < MutationMaker::kDatabases; ++database)
    CompareWhole(database);
}

// --- Writes

engine::Mutation NodeModel::Sayable(Mutation mutation, bool in_batch) const {
  if (mutation.expires_at.ms != 0) {
    // Over long ago, or not for an hour; different ones stay different.
    const int64_t ahead = mutation.expires_at.ms - now_ms_;
    mutation.expires_at.ms = now_ms_ + (ahead > 0 ? kHourMs : -kHourMs) + ahead;
  }
  if (mutation.keep_expiry) mutation.expires_at = {};
  if (in_batch) mutation.want_previous = false;
  switch (mutation.kind) {
    case Kind::kSet:
      break;
    case Kind::kRename:
      mutation.version.reset();
      if (mutation.existence == Existence::kPresent) mutation.existence = {};
      break;
    case Kind::kCheck:
      if (mutation.version) {
        mutation.existence = {};
      } else if (mutation.existence == Existence::kAny) {
        mutation.existence = Existence::kPresent;
      }
      break;
    case Kind::kExpire:
      if (in_batch) mutation.expire_if = {};
      [[fallthrough]];
    default:
      mutation.existence = {};
      mutation.version.reset();
  }
  if (mutation.kind != Kind::kSet) mutation.want_previous = false;
  return mutation;
}

engine::Mutation NodeModel::NextMutation(bool in_batch) {
  Mutation mutation = maker_.Next(now_ms_);
  while (!in_batch && mutation.kind == Kind::kCheck)
    mutation = maker_.Next(now_ms_);
  return Sayable(mutation, in_batch);
}

WriteOptions NodeModel::HowToWrite(int database) {
  const uint64_t how = random_.Uniform(200);
  return {.ack = how == 0   ? Ack::kDisk
                 : how == 1 ? Ack::kQuorumDurable
                 : how < 10 ? Ack::kQuorum
                            : Ack::kMemory,
          .timeout = absl::Seconds(30),
          .database = database};
}

absl::StatusOr<MutationResult> NodeModel::DoExpire(const Mutation& mutation,
                                                   Receipt& receipt) {
  const WriteOptions how = HowToWrite(mutation.database);
  const ExpireOptions options{.when = static_cast<ExpireIf>(mutation.expire_if),
                              .ack = how.ack,
                              .timeout = how.timeout,
                              .database = how.database};
  const bool persist = mutation.expires_at == WallTime{} &&
                       mutation.expire_if == Mutation::ExpireIf::kAlways;
  const absl::Time at = ToTime(mutation.expires_at.ms);
  const auto result =
      persist ? node().Persist(mutation.key, how)
      // Infinite, and past: no clock is asked.
      : at == absl::InfiniteFuture()
          ? node().Expire(mutation.key, absl::InfiniteDuration(), options)
          : node().ExpireAt(mutation.key, at, options);
  if (!result.ok()) return result.status();
  receipt = result->receipt;
  return MutationResult{.applied = result->applied};
}

absl::StatusOr<MutationResult> NodeModel::Do(const Mutation& mutation,
                                             Receipt& receipt) {
  const WriteOptions how = HowToWrite(mutation.database);
  MutationResult done{.applied = true};
  // Takes over what a result says, by `how_to`.
  const auto take = [&](auto result,
                        auto how_to) -> absl::StatusOr<MutationResult> {
    if (!result.ok()) return result.status();
    receipt = result->receipt;
    how_to(*result);
    return done;
  };
  const auto take_size = [&](const SizeResult& r) { done.size = r.size; };
  switch (mutation.kind) {
    case Kind::kSet: {
      SetOptions options{.expires_at = ToTime(mutation.expires_at.ms),
                         .keep_ttl = mutation.keep_expiry,
                         .when = ToWhen(mutation.existence),
                         .if_version = std::nullopt,
                         .return_previous = mutation.want_previous,
                         .ack = how.ack,
                         .timeout = how.timeout,
                         .database = how.database};
      if (mutation.version) options.if_version = VersionOf(*mutation.version);
      return take(node().Set(mutation.key, mutation.value, options),
                  [&](const SetResult& r) {
                    done.applied = r.applied;
                    if (!r.previous) return;
                    done.previous = engine::Entry{
                        r.previous->data,
                        r.previous->version,
                        {r.previous->expires_at == absl::InfiniteFuture()
                             ? 0
                             : absl::ToUnixMillis(r.previous->expires_at)}};
                  });
    }
    case Kind::kDelete:
      return take(node().Delete(mutation.key, how),
                  [&](const DeleteResult& r) { done.applied = r.existed; });
    case Kind::kExpire:
      return DoExpire(mutation, receipt);
    case Kind::kIncrement:
      return take(node().Increment(mutation.key, mutation.delta, how),
                  [&](const IncrementResult& r) { done.integer = r.value; });
    case Kind::kIncrementFloat:
      return take(
          node().IncrementFloat(mutation.key, mutation.delta_float, how),
          [&](const IncrementFloatResult& r) { done.real = r.value; });
    case Kind::kAppend:
      return take(node().Append(mutation.key, mutation.value, how), take_size);
    case Kind::kSetRange:
      return take(
          node().SetRange(mutation.key, mutation.offset, mutation.value, how),
          take_size);
    case Kind::kRename:
      return take(node().Rename(mutation.key, mutation.value,
                                {.only_if_absent =
                                     mutation.existence == Existence::kAbsent,
                                 .ack = how.ack,
                                 .timeout = how.timeout,
                                 .database = how.database}),
                  [&](const ChangeResult& r) { done.applied = r.applied; });
    case Kind::kCheck:
      break;  // only in a batch
  }
  return absl::InternalError("no such operation");
}

void NodeModel::WriteOne() {
  const Mutation mutation = NextMutation(/*in_batch=*/false);
  const uint64_t last = model_.last_index();
  const ModelStore::Answer expected = model_.Mutate(mutation, now_ms_);
  Receipt receipt;
  const auto actual = Do(mutation, receipt);
  const std::string what = Name("a write", mutation.key);
  if (actual.status().code() != expected.code) {
    return Blame(what, absl::StrCat(actual.status().ToString(), "; expected ",
                                    absl::StatusCodeToString(expected.code)));
  }
  if (!actual.ok()) {
    ++refused_;
    return;
  }
  const MutationResult& result = expected.results[0];
  Check(what + ": applied", actual->applied == result.applied);
  Check(what + ": the sum",
        actual->integer == result.integer && actual->real == result.real);
  Check(what + ": the size", actual->size == result.size);
  Check(
      what + ": the previous value",
      actual->previous.has_value() == result.previous.has_value() &&
          (!result.previous ||
           (actual->previous->value == result.previous->value &&
            actual->previous->version == VersionOf(result.previous->version) &&
            actual->previous->expires_at == result.previous->expires_at)));
  Note(last, receipt.index);
}

void NodeModel::AddTo(Batch& batch, const Mutation& mutation) const {
  batch.In(mutation.database);
  switch (mutation.kind) {
    case Kind::kSet: {
      BatchSetOptions options{.expires_at = ToTime(mutation.expires_at.ms),
                              .keep_ttl = mutation.keep_expiry,
                              .when = ToWhen(mutation.existence),
                              .if_version = std::nullopt};
      if (mutation.version) options.if_version = VersionOf(*mutation.version);
      batch.Set(mutation.key, mutation.value, options);
      return;
    }
    case Kind::kDelete:
      batch.Delete(mutation.key);
      return;
    case Kind::kExpire:
      if (mutation.expires_at == WallTime{}) {
        batch.Persist(mutation.key);
      } else {
        batch.Expire(mutation.key, ToTime(mutation.expires_at.ms));
      }
      return;
    case Kind::kIncrement:
      batch.Increment(mutation.key, mutation.delta);
      return;
    case Kind::kIncrementFloat:
      batch.IncrementFloat(mutation.key, mutation.delta_float);
      return;
    case Kind::kAppend:
      batch.Append(mutation.key, mutation.value);
      return;
    case Kind::kSetRange:
      batch.SetRange(mutation.key, mutation.offset, mutation.value);
      return;
    case Kind::kRename:
      batch.Rename(mutation.key, mutation.value,
                   mutation.existence == Existence::kAbsent);
      return;
    case Kind::kCheck:
      if (mutation.version) {
        batch.Check(mutation.key, VersionOf(*mutation.version));
      } else if (mutation.existence == Existence::kPresent) {
        batch.CheckExists(mutation.key);
      } else {
        batch.CheckAbsent(mutation.key);
      }
  }
}

void NodeModel::WriteBatch() {
  std::vector<Mutation> mutations;
  Batch batch;
  const uint64_t count = random_.Uniform(6);
  for (uint64_t i = 0; i < count; ++i) {
    Mutation mutation = NextMutation(/*in_batch=*/true);
    // Five conditions in a row would hardly ever hold.
    if (mutation.kind == Kind::kSet && random_.Uniform(2) == 0) {
      mutation.existence = {};
      mutation.version.reset();
    }
    mutations.push_back(mutation);
    AddTo(batch, mutation);
  }
  const uint64_t last = model_.last_index();
  const ModelStore::Answer expected = model_.MutateMany(mutations, now_ms_);
  const auto actual = node().Write(batch, HowToWrite(0));
  if (!actual.ok()) ++refused_;
  if (expected.may_be_too_large && absl::IsInvalidArgument(actual.status()))
    return model_.Undo();
  if (actual.status().code() != expected.code) {
    return Blame("batch",
                 absl::StrCat(actual.status().ToString(), "; expected ",
                              absl::StatusCodeToString(expected.code)));
  }
  if (!actual.ok()) return;
  Check("batch: as many results",
        actual->results.size() == expected.results.size());
  if (!violation_.empty()) return;
  for (size_t i = 0; i < mutations.size(); ++i) {
    const OperationResult& one = actual->results[i];
    const MutationResult& other = expected.results[i];
    Check(Name("in a batch, a write", mutations[i].key),
          one.applied == other.applied && one.integer == other.integer &&
              one.real == other.real && one.size == other.size);
  }
  Note(last, actual->receipt.index);
}

void NodeModel::DeleteMany() {
  const int database = maker_.Database();
  std::vector<std::string_view> keys(random_.Uniform(5));
  std::vector<Mutation> deletes;
  for (std::string_view& key : keys) {
    key = maker_.Key();
    deletes.push_back({.kind = Kind::kDelete,
                       .database = static_cast<uint8_t>(database),
                       .key = key});
  }
  const uint64_t last = model_.last_index();
  const ModelStore::Answer expected = model_.MutateMany(deletes, now_ms_);
  const auto actual = node().DeleteMany(keys, HowToWrite(database));
  Check("DeleteMany", actual.status().code() == expected.code);
  if (!actual.ok()) return;
  const auto deleted = static_cast<uint64_t>(
      std::count_if(expected.results.begin(), expected.results.end(),
                    [](const MutationResult& each) { return each.applied; }));
  Check("DeleteMany: how many", actual->deleted == deleted);
  Note(last, actual->receipt.index);
}

void NodeModel::WriteDatabases() {
  const int a = maker_.Database();
  const int b = maker_.Database();
  const uint64_t last = model_.last_index();
  absl::StatusOr<Receipt> receipt;
  switch (random_.Uniform(8)) {
    case 0: {
      std::vector<int> all(kDatabases);
      std::iota(all.begin(), all.end(), 0);
      model_.Flush(all);
      receipt = node().FlushAll(HowToWrite(0));
      break;
    }
    case 1:
      model_.Flush({a});
      receipt = node().FlushDatabase(HowToWrite(a));
      break;
    default:
      model_.SwapDatabases(a, b);
      receipt = node().SwapDatabases(a, b, HowToWrite(0));
  }
  if (!receipt.ok()) return Blame("databases", receipt.status().ToString());
  Note(last, receipt->index);
  const auto waited = node().Wait(*receipt, Ack::kQuorum, absl::Seconds(30));
  Check("Wait", waited.ok() && waited->index == receipt->index);
}

// --- Reads

void NodeModel::ReadOne() {
  const int database = maker_.Database();
  const ReadOptions in{database};
  const std::string_view key = maker_.Key();
  const ModelEntry* const expected = Find(database, key);
  const bool exists = expected != nullptr;
  const auto value = node().Get(key, in);
  Blame(Name("Get", key),
        Compare(value.ok() ? std::optional(*value) : std::nullopt, expected));
  const auto pinned = node().GetPinned(key, in);
  Check("GetPinned", pinned.ok() == exists);
  const auto info = node().Inspect(key, in);
  Check("Inspect", info.ok() == exists);
  const auto left = node().TimeToLive(key, in);
  Check("TimeToLive", left.ok() == exists);
  Check("Exists", node().Exists(key, in) == exists);
  Check("Touch", node().Touch(key, in) == exists);
  const uint64_t offset = random_.Uniform(80);
  const uint64_t length =
      random_.Uniform(4) == 0 ? UINT64_MAX : random_.Uniform(80);
  const auto range = node().GetRange(key, offset, length, in);
  Check("GetRange", range.ok() == exists);
  if (!exists || !violation_.empty()) return;
  Blame("GetPinned", Compare(Value{std::string(pinned->data()),
                                   pinned->version(), pinned->expires_at()},
                             expected));
  Check("Inspect", info->version == VersionOf(expected->version) &&
                       info->expires_at == ToTime(expected->expires_ms) &&
                       info->size == expected->value.size() &&
                       info->memory_bytes >= key.size() + info->size);
  const absl::Duration due = ToTime(expected->expires_ms) - absl::Now();
  Check("TimeToLive", *left == due || (*left >= due - absl::Seconds(1) &&
                                       *left <= due + absl::Seconds(1)));
  Check("GetRange", *range == (offset < expected->value.size()
                                   ? expected->value.substr(offset, length)
                                   : ""));
}

void NodeModel::ReadMany() {
  const int database = maker_.Database();
  std::vector<std::string_view> keys(random_.Uniform(40));
  for (std::string_view& key : keys) key = maker_.Key();
  const auto values = node().GetMany(keys, {database});
  Check("GetMany: as many", values.size() == keys.size());
  for (size_t i = 0; i < keys.size() && violation_.empty(); ++i) {
    std::optional<Value> value;
    if (values[i]) {
      value = {std::string(values[i]->data), values[i]->version,
               values[i]->expires_at};
    }
    Blame(Name("GetMany", keys[i]), Compare(value, Find(database, keys[i])));
  }
}

void NodeModel::ReadDatabase() {
  const int database = maker_.Database();
  if (random_.Uniform(4) == 0) return CompareWhole(database);
  std::set<std::string> expected;
  const bool users = random_.Uniform(2) == 0;
  const auto& entries = model_.state().databases[static_cast<size_t>(database)];
  for (const auto& [key, entry] : entries) {
    if (entry.LiveAt(now_ms_) && (!users || key.starts_with("user:")))
      expected.insert(key);
  }
  ScanOptions options{.type = ValueType::kString,
                      .count = 1 + random_.Uniform(20),
                      .database = database};
  if (users)
    (random_.Uniform(2) == 0 ? options.prefix : options.pattern) = "user:";
  if (!options.pattern.empty()) options.pattern += "*";
  std::set<std::string> scanned;
  do {
    const ScanPage page = *node().Scan(options);
    scanned.insert(page.keys.begin(), page.keys.end());
    options.cursor = page.cursor;
  } while (options.cursor != 0);
  Check("Scan", scanned == expected);

  const auto key = node().RandomKey({database});
  Check("RandomKey",
        key.ok() ? Find(database, *key) != nullptr : users || expected.empty());
  // The master deletes what is over when it comes to it.
  const uint64_t keys = node().KeyCount({database});
  Check("KeyCount",
        keys <= entries.size() && keys >= (users ? 0 : expected.size()));
}

void NodeModel::CompareWhole(int database) {
  std::map<std::string, Value> actual;
  node().ForEach(
      [&](std::string_view key, const Value& value) {
        Check("ForEach: each once",
              actual.emplace(std::string(key), value).second);
      },
      {database});
  for (const auto& [key, entry] :
       model_.state().databases[static_cast<size_t>(database)]) {
    if (!entry.LiveAt(now_ms_)) continue;
    const auto at = actual.find(key);
    Blame(Name("ForEach", key),
          Compare(at == actual.end() ? std::nullopt : std::optional(at->second),
                  &entry));
    actual.erase(key);
  }
  Check("ForEach: nothing else", actual.empty());
}

// --- The model's terms

void NodeModel::Note(uint64_t last_before, uint64_t index) {
  if (model_.last_index() == last_before) return;
  Check("receipt", index_of_.empty() || index > index_of_.back());
  index_of_.push_back(index);
}

uint64_t NodeModel::VersionOf(uint64_t model_version) const {
  if (model_version == 0) return 0;
  // Some are of nothing that happened yet.
  constexpr uint64_t kNever = uint64_t{1} << 50;
  return model_version <= index_of_.size() ? index_of_[model_version - 1]
                                           : kNever;
}

std::string NodeModel::Compare(const std::optional<Value>& actual,
                               const ModelEntry* expected) const {
  if (!actual && expected == nullptr) return "";
  if (!actual) return "it is not found";
  if (expected == nullptr) return "it is found";
  if (actual->data != expected->value) return "another value";
  if (actual->version != VersionOf(expected->version)) {
    return absl::StrCat("its version is ", actual->version, "; expected ",
                        VersionOf(expected->version));
  }
  return actual->expires_at == ToTime(expected->expires_ms) ? ""
                                                            : "another expiry";
}

void NodeModel::Blame(const std::string& what, const std::string& wrong) {
  if (wrong.empty() || !violation_.empty()) return;
  violation_ = absl::StrCat("step ", step_, ", ", what, ": ", wrong);
}

}  // namespace vigil::test
