#include "tests/engine/model_run.h"

#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "tests/engine/engine_fixture.h"
#include "tests/engine/model_compare.h"

namespace vigil::engine {
namespace {

constexpr int kDatabases = 16;

// Small buffers, so that logs are cut and writers meet their bounds.
EngineOptions SmallOptions(Random& random, ModelRun::Disk disk) {
  EngineOptions options = QuietOptions();
  options.shards = 1 << random.Uniform(5);
  options.databases = kDatabases;
  options.key_bytes_max = MutationMaker::kLimits.key_bytes;
  options.value_bytes_max = MutationMaker::kLimits.value_bytes;
  // Without a disk the order in which keys expired must be found in memory.
  options.log_memory_bytes = disk == ModelRun::Disk::kNone ? 400'000 : 20'000;
  options.log_disk_bytes = 40'000;
  if (disk == ModelRun::Disk::kBusy)
    options.checkpoint_period = absl::Microseconds(100);
  return options;
}

std::string Describe(const Mutation& mutation) {
  return absl::StrCat("kind ", static_cast<int>(mutation.kind), " of \"",
                      absl::CHexEscape(std::string(mutation.key.substr(0, 20))),
                      "\" in database ", mutation.database);
}

}  // namespace

ModelRun::ModelRun(uint64_t seed, Disk disk)
    : random_(seed),
      options_(SmallOptions(random_, disk)),
      disk_(disk == Disk::kNone ? nullptr
                                : std::make_shared<MemoryDisk>(random_.Next())),
      model_(kDatabases, MutationMaker::kLimits),
      maker_(random_, model_),
      replica_(std::make_unique<ModelReplica>(
          SmallOptions(random_, disk), disk_ != nullptr, clock_, random_)) {
  Open();
}

bool ModelRun::Open() {
  auto engine = Engine::Open(
      options_, disk_ ? std::make_unique<MemoryStorage>(disk_) : nullptr,
      clock_, nullptr);
  if (!engine.ok()) {
    Check("open", engine.status().ToString());
    return false;
  }
  engine_ = *std::move(engine);
  engine_->OpenGate({});
  return true;
}

void ModelRun::Check(const std::string& what, std::string wrong) {
  if (wrong.empty() || !violation_.empty()) return;
  violation_ = absl::StrCat("step ", step_, ", ", what, ": ", wrong);
}

void ModelRun::Step() {
  ++step_;
  const uint64_t kind = random_.Uniform(400);
  if (kind < 170) {
    Mutate();
  } else if (kind < 230) {
    MutateMany();
  } else if (kind < 232) {
    FlushDatabases();
  } else if (kind < 235) {
    SwapDatabases();
  } else if (kind < 237) {
    MoveGate();
  } else if (kind < 245) {
    DeleteExpired();
  } else if (kind < 285) {
    ReadOne();
  } else if (kind < 295) {
    ReadMany();
  } else if (kind < 300) {
    ReadRandomKey();
  } else if (kind < 330) {
    ScanSome();
  } else if (kind < 355) {
    clock_.Advance(absl::Milliseconds(random_.Uniform(20)));
  } else if (kind < 390) {
    Check("replica", replica_->Step(*engine_, model_));
  } else if (kind < 398) {
    Maintain();
  } else if (disk_ != nullptr) {
    Crash();
  }
  maker_.Forget();
  if (scanning_) {  // what has gone for a moment need not be returned
    std::erase_if(scanning_->missing, [&](const std::string& key) {
      return Find(scanning_->request.database, key) == nullptr;
    });
  }
}

void ModelRun::Finish() {
  Check("at the end", CompareWhole(*engine_, model_.state(), now_ms()));
  Check("at the end", replica_->CatchUp(*engine_, model_));
  tally_.full_syncs = replica_->full_syncs();
  tally_.rewinds = replica_->rewinds();
}

// --- Writes

void ModelRun::Mutate() {
  Mutation mutation = maker_.Next(now_ms());
  const uint64_t how = random_.Uniform(20);
  if (how < 2) {  // what engine.h has a shorter call for
    mutation = {
        .kind = how == 0 ? Mutation::Kind::kSet : Mutation::Kind::kDelete,
        .key = mutation.key,
        .value = how == 0 ? mutation.value : std::string_view(),
        .expires_at = mutation.expires_at};
  }
  const auto actual = how < 2 ? DoneShort(mutation) : Done(mutation);
  const ModelStore::Answer expected = model_.Mutate(mutation, now_ms());
  Check(Describe(mutation), CompareAnswer(actual, expected));
  ++(actual.ok() ? tally_.changes : tally_.refused);
}

ModelRun::Answer ModelRun::Done(const Mutation& mutation) {
  auto result = engine_->Mutate(mutation, kForever);
  if (!result.ok()) return result.status();
  return std::vector<MutationResult>{*std::move(result)};
}

ModelRun::Answer ModelRun::DoneShort(const Mutation& mutation) {
  MutationResult result{.applied = true};
  if (mutation.kind == Mutation::Kind::kSet) {
    const auto index = engine_->Set(mutation.key, mutation.value,
                                    mutation.expires_at, kForever);
    if (!index.ok()) return index.status();
    result.index = *index;
  } else {
    const auto deleted = engine_->Delete(mutation.key, kForever);
    if (!deleted.ok()) return deleted.status();
    result.index = deleted->index;
    result.applied = deleted->index != 0;
  }
  return std::vector<MutationResult>{result};
}

void ModelRun::MutateMany() {
  std::vector<Mutation> mutations;
  const uint64_t count = 1 + random_.Uniform(5);
  for (uint64_t i = 0; i < count; ++i) {
    Mutation& mutation = mutations.emplace_back(maker_.Next(now_ms()));
    // Five conditions in a row would hardly ever hold.
    if (random_.Uniform(2) == 0) mutation.existence = {};
    if (random_.Uniform(2) == 0) mutation.version = {};
  }
  const auto actual = engine_->MutateMany(mutations, kForever);
  ModelStore::Answer expected = model_.MutateMany(mutations, now_ms());
  ++(actual.ok() ? tally_.changes : tally_.refused);
  if (expected.may_be_too_large && absl::IsInvalidArgument(actual.status())) {
    model_.Undo();
    return;
  }
  std::string wrong = CompareAnswer(actual, expected);
  if (wrong.empty()) return;
  wrong += "; of a batch:";
  for (const Mutation& each : mutations)
    absl::StrAppend(&wrong, "\n  ", Describe(each));
  Check("batch", std::move(wrong));
}

void ModelRun::FlushDatabases() {
  std::vector<int> databases;
  for (int i = 0; i < MutationMaker::kDatabases; ++i) {
    if (random_.Uniform(2) == 0) databases.push_back(i);
  }
  if (databases.empty()) return;
  const auto index = engine_->Flush(databases, kForever);
  if (!index.ok()) return Check("flush", index.status().ToString());
  if (*index != model_.Flush(databases)) Check("flush", "wrong index");
}

void ModelRun::SwapDatabases() {
  const int a = maker_.Database();
  const int b = maker_.Database();
  const auto index = engine_->SwapDatabases(a, b, kForever);
  if (!index.ok()) return Check("swap", index.status().ToString());
  if (*index != model_.SwapDatabases(a, b)) Check("swap", "wrong index");
  scanning_.reset();  // its cursor belongs to the other database now
}

// Between two masters nobody writes; the next one begins with its markers.
void ModelRun::MoveGate() {
  if (engine_->CloseGate() != model_.last_index()) Check("gate", "wrong end");
  const auto refused = Done(maker_.Next(now_ms()));
  const auto flushed = engine_->Flush({0}, kForever);
  if (refused.ok() || !absl::IsFailedPrecondition(flushed.status()))
    Check("gate", "a write");
  std::vector<Engine::Marker> markers(random_.Uniform(3));
  for (Engine::Marker& marker : markers) {
    marker = {RecordType::kEpoch, "a marker"};
    model_.AppendMarker();
  }
  engine_->OpenGate(markers);
  if (engine_->last_index() != model_.last_index())
    Check("gate", "wrong index");
}

// The order in which they are deleted is the engine's choice, so it is taken from
// the log; that nothing else is deleted, and everything due, is not.
void ModelRun::DeleteExpired() {
  // The housekeeper gives way when the log has no room.
  for (;;) {
    const uint64_t seen = engine_->persisted().Seen();
    if (engine_->persisted_index() == engine_->last_index()) break;
    engine_->persisted().WaitPast(seen, kForever);
  }
  const size_t due = model_.CountExpired(now_ms());
  const size_t deleted = engine_->DeleteExpired();
  tally_.expired += deleted;
  if (deleted != due)
    Check("expiry", absl::StrCat(deleted, " deleted; expected ", due));
  while (model_.last_index() < engine_->last_index() && violation_.empty()) {
    const auto slice = engine_->ReadLog(model_.last_index() + 1, 10'000);
    if (!slice.ok()) return Check("expiry", slice.status().ToString());
    const auto run = DecodeRun(slice->records, model_.last_index() + 1);
    if (!run.ok()) return Check("expiry", run.status().ToString());
    for (const auto& [record, bytes] : *run) {
      const auto& physical = model_.state().physical;
      const auto logical =
          std::find(physical.begin(), physical.end(), record.database) -
          physical.begin();
      if (record.type != RecordType::kDelete ||
          record.cause != Cause::kExpired ||
          !model_.DeleteExpired(static_cast<int>(logical), record.key,
                                now_ms())) {
        return Check("expiry", "a record that should not be there");
      }
    }
  }
}

// --- Reads

void ModelRun::ReadOne() {
  const int database = maker_.Database();
  const std::string_view key = maker_.Key();
  const ModelEntry* const expected = Find(database, key);
  Check("Get", CompareEntry(engine_->Get(key, database), expected));
  if (const auto pinned = engine_->GetPinned(key, database)) {
    Check("GetPinned",
          CompareEntry(Entry{std::string(pinned->value()), pinned->version(),
                             pinned->expires_at()},
                       expected));
  } else if (expected != nullptr) {
    Check("GetPinned", "not found");
  }
  if (engine_->Exists(key, database) != (expected != nullptr) ||
      engine_->Touch(key, database) != (expected != nullptr)) {
    Check("Exists", "wrong");
  }
  const auto info = engine_->Look(key, database);
  if (info.has_value() != (expected != nullptr)) Check("Look", "wrong");
  if (info.has_value() && expected != nullptr &&
      (info->version != expected->version ||
       info->expires_at.ms != expected->expires_ms ||
       info->value_bytes != expected->value.size() ||
       info->memory_bytes < key.size() + info->value_bytes)) {
    Check("Look", "wrong");
  }
}

void ModelRun::ReadMany() {
  const int database = maker_.Database();
  std::vector<std::string_view> keys(random_.Uniform(40));
  for (std::string_view& key : keys) key = maker_.Key();
  const auto entries = engine_->GetMany(keys, database);
  if (entries.size() != keys.size()) return Check("GetMany", "wrong size");
  for (size_t i = 0; i < keys.size(); ++i)
    Check("GetMany", CompareEntry(entries[i], Find(database, keys[i])));
}

void ModelRun::ReadRandomKey() {
  const int database = maker_.Database();
  const auto& entries = model_.state().databases[static_cast<size_t>(database)];
  const bool some = std::any_of(
      entries.begin(), entries.end(),
      [&](const auto& each) { return each.second.LiveAt(now_ms()); });
  const auto key = engine_->RandomKey(database);
  if (key.has_value() != some) Check("RandomKey", some ? "none" : "a key");
  if (key.has_value() && Find(database, *key) == nullptr)
    Check("RandomKey", "not a key");
}

// One page; writes may go on before the next one.
void ModelRun::ScanSome() {
  if (!scanning_) {
    scanning_.emplace();
    ScanRequest& request = scanning_->request;
    request.database = maker_.Database();
    // Which of the two says the same is the engine's business.
    static constexpr std::string_view kPrefixes[] = {"", "user:", "[k]*"};
    static constexpr std::string_view kPatterns[] = {"*", "user:*",
                                                     "\\[k]\\**"};
    const uint64_t which = random_.Uniform(3);
    if (random_.Uniform(2) == 0) request.prefix = kPrefixes[which];
    if (request.prefix.empty()) request.pattern = kPatterns[which];
    request.count = 1 + random_.Uniform(20);
    for (const auto& [key, entry] :
         model_.state().databases[static_cast<size_t>(request.database)]) {
      if (entry.LiveAt(now_ms()) &&
          (request.pattern == "*" || key.starts_with(kPrefixes[which]))) {
        scanning_->missing.insert(key);
      }
    }
    if (request.prefix.empty() && which == 0 && random_.Uniform(2) == 0)
      request.pattern = "";
  }
  ScanRequest& request = scanning_->request;
  const ScanPage page = engine_->Scan(request);
  for (const std::string& key : page.keys) {
    scanning_->missing.erase(key);
    if (Find(request.database, key) == nullptr)
      Check("Scan", "a key that is not there");
    const std::string_view wanted = request.pattern == "user:*" ? "user:"
                                    : request.pattern == "\\[k]\\**"
                                        ? "[k]*"
                                        : request.prefix;
    if (!key.starts_with(wanted)) Check("Scan", "a key that does not match");
  }
  request.cursor = page.cursor;
  if (page.cursor != 0) return;
  ++tally_.scans;
  if (!scanning_->missing.empty()) {
    Check("Scan", absl::StrCat("not returned: ",
                               absl::CHexEscape(*scanning_->missing.begin())));
  }
  scanning_.reset();
}

// --- The disk

void ModelRun::Maintain() {
  switch (random_.Uniform(4)) {
    case 0:
      return Check("checkpoint", engine_->Checkpoint().ok() ? "" : "failed");
    case 1:
      return Check("sync", engine_->Sync().ok() ? "" : "failed");
    case 2:
      return engine_->RequestSync(model_.last_index());
    default:
      return Check("content", CompareWhole(*engine_, model_.state(), now_ms()));
  }
}

void ModelRun::Crash() {
  const uint64_t last = model_.last_index();
  uint64_t kept = last;
  std::string how = "restart";
  replica_->MasterStops();
  switch (random_.Uniform(3)) {
    case 0:
      how = "kill";
      kept = engine_->persisted_index();
      disk_->Kill();
      break;
    case 1:
      how = "power cut";
      kept = engine_->durable_index();
      disk_->PowerCut(random_.Uniform(disk_->unsynced_writes() + 1));
      break;
    default:
      break;
  }
  engine_.reset();
  if (!Open()) return;
  ++tally_.crashes;
  scanning_.reset();
  const uint64_t now = engine_->last_index();
  if (now < kept || now > last) {
    return Check(how, absl::StrCat("the log ends at ", now, "; it had ", last,
                                   ", and was to keep ", kept));
  }
  tally_.lost_records += last - now;
  model_.ForgetAfter(now);
  replica_->MasterReturns(now);
  Check(how, CompareWhole(*engine_, model_.state(), now_ms()));
}

}  // namespace vigil::engine
