#include "tests/engine/model_replica.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/engine/model_compare.h"
#include "tests/engine/model_mutations.h"

namespace vigil::engine {
namespace {

std::string Wrong(const char* what, const absl::Status& s) {
  return s.ok() ? "" : absl::StrCat("replica: ", what, ": ", s.ToString());
}

}  // namespace

ModelReplica::ModelReplica(const EngineOptions& options, bool on_disk,
                           const ManualClock& clock, Random& random)
    : options_(options),
      clock_(clock),
      random_(random),
      disk_(on_disk ? std::make_shared<MemoryDisk>(random.Next()) : nullptr) {
  Open();
}

std::string ModelReplica::Open() {
  auto engine = Engine::Open(
      options_, disk_ ? std::make_unique<MemoryStorage>(disk_) : nullptr,
      clock_, nullptr);
  if (!engine.ok()) return Wrong("open", engine.status());
  engine_ = *std::move(engine);
  return "";
}

std::string ModelReplica::Step(const Engine& master, const ModelStore& model) {
  switch (random_.Uniform(30)) {
    case 0:
      return Wrong("checkpoint", engine_->Checkpoint());
    case 1:
      return Wrong("sync", engine_->Sync());
    case 2:
      return engine_->DeleteExpired() == 0 ? "" : "a replica deleted keys";
    case 3:
      return disk_ ? Crash(model) : "";
    case 4:
      DropSync();
      return BeginSync(master);
    case 5:
    case 6:
      return Compare(model);
    case 7:
      Diverge(model);
      return "";
    default:
      return GoOn(master);
  }
}

std::string ModelReplica::CatchUp(const Engine& master,
                                  const ModelStore& model) {
  while (engine_->last_index() < master.last_index() || common_ || walk_) {
    if (std::string wrong = GoOn(master); !wrong.empty()) return wrong;
  }
  return Compare(model);
}

std::string ModelReplica::GoOn(const Engine& master) {
  if (rewinding_) return StepOfRewind(master);
  return walk_ != nullptr ? StepOfSync(master) : Follow(master);
}

std::string ModelReplica::Compare(const ModelStore& model) const {
  if (common_) return "";
  const uint64_t index = engine_->last_index();
  const std::string wrong =
      CompareWhole(*engine_, model.StateAt(index), clock_.Wall().ms);
  return wrong.empty() ? "" : absl::StrCat("replica at ", index, ": ", wrong);
}

std::string ModelReplica::Crash(const ModelStore& model) {
  DropSync();
  const uint64_t last = engine_->last_index();
  uint64_t kept = last;
  switch (random_.Uniform(3)) {
    case 0:
      // What it wrote for itself may still be on its way to the disk.
      kept = engine_->persisted_index();
      disk_->Kill();
      break;
    case 1:
      kept = engine_->durable_index();
      disk_->PowerCut(random_.Uniform(disk_->unsynced_writes() + 1));
      break;
    default:  // an ordinary restart
      break;
  }
  engine_.reset();
  if (std::string wrong = Open(); !wrong.empty()) return wrong;
  const uint64_t now = engine_->last_index();
  if (now < kept || now > last) {
    return absl::StrCat("replica: after a crash its log ends at ", now,
                        "; it had ", last, ", and was to keep ", kept);
  }
  if (common_ && now <= *common_) common_.reset();  // the tail is what was lost
  return Compare(model);
}

// --- By the log

std::string ModelReplica::Follow(const Engine& master) {
  if (common_) return Resync(master);
  const auto slice =
      master.ReadLog(engine_->last_index() + 1, 1 + random_.Uniform(20'000));
  if (absl::IsOutOfRange(slice.status())) return BeginSync(master);
  if (!slice.ok()) return Wrong("ReadLog", slice.status());
  if (slice->first == 0) return "";
  return Wrong("Apply", engine_->Apply(slice->records));
}

void ModelReplica::MasterStops() { DropSync(); }

void ModelReplica::MasterReturns(uint64_t last) {
  if (engine_->last_index() > last) DivergedAbove(last);
}

void ModelReplica::DivergedAbove(uint64_t common) {
  common_ = std::min(common, common_.value_or(common));
}

// --- By a rewind

// It takes itself for the master for a while.
void ModelReplica::Diverge(const ModelStore& model) {
  DropSync();
  const uint64_t before = engine_->last_index();
  MutationMaker maker(random_, model);
  engine_->OpenGate({});
  for (uint64_t left = random_.Uniform(30); left > 0; --left) {
    engine_->Mutate(maker.Next(clock_.Wall().ms), MonoTime::InfiniteFuture())
        .status()
        .IgnoreError();
  }
  if (random_.Uniform(8) == 0)
    engine_->Flush({maker.Database()}, MonoTime::InfiniteFuture())
        .IgnoreError();
  engine_->CloseGate();
  if (engine_->last_index() > before) DivergedAbove(before);
}

std::string ModelReplica::Resync(const Engine& master) {
  return random_.Uniform(8) == 0 ? BeginSync(master) : BeginRewind(master);
}

std::string ModelReplica::BeginRewind(const Engine& master) {
  if (!master.ReadLog(*common_ + 1, 1).ok()) return BeginSync(master);
  auto keys = engine_->BeginRewind(*common_, 1 + random_.Uniform(1000));
  if (!keys.ok()) return BeginSync(master);  // a flush, or the tail is gone
  keys_ = *std::move(keys);
  staged_ = *common_;
  rewinding_ = true;
  return "";
}

std::string ModelReplica::StepOfRewind(const Engine& master) {
  if (!keys_.empty()) {
    absl::Status staged;
    const absl::Status found = master.LookUp(
        keys_.back(), 1 + random_.Uniform(2000), [&](const std::string& some) {
          staged = engine_->StageEntries(some);
          return staged.ok();
        });
    keys_.pop_back();
    if (absl::IsResourceExhausted(staged)) return BeginSync(master);
    return Wrong("LookUp", found) + Wrong("StageEntries of a rewind", staged);
  }
  // Not before here: the entries are as of now at the latest.
  while (rewinding_ && staged_ < master.last_index()) {
    if (std::string wrong = StageLog(master, 100'000); !wrong.empty())
      return wrong;
  }
  if (!rewinding_) return "";  // the log was gone: a full sync
  rewinding_ = false;
  ++rewinds_;
  common_.reset();
  return Wrong("CommitStaging of a rewind",
               engine_->CommitStaging({{"lineage", absl::StrCat(staged_)}}));
}

// --- By a full sync

void ModelReplica::DropSync() {
  walk_.reset();
  held_back_.clear();
  walked_ = false;
  rewinding_ = false;
  keys_.clear();
  engine_->DropStaging();
}

std::string ModelReplica::BeginSync(const Engine& master) {
  DropSync();
  walk_ = master.Walk();
  staged_ = walk_->begin_index();
  return Wrong("BeginStaging", engine_->BeginStaging(staged_));
}

std::string ModelReplica::StepOfSync(const Engine& master) {
  switch (random_.Uniform(5)) {
    case 0:
      return StageLog(master, 1 + random_.Uniform(10'000));
    case 1:
    case 2: {
      std::string some = walk_->Next(1 + random_.Uniform(2000));
      walked_ = some.empty();
      if (!walked_) held_back_.push_back(std::move(some));
      return "";
    }
    default: {
      if (held_back_.empty()) return walked_ ? FinishSync(master) : "";
      std::swap(held_back_[random_.Uniform(held_back_.size())],
                held_back_.back());
      const std::string some = std::move(held_back_.back());
      held_back_.pop_back();
      return Wrong("StageEntries", engine_->StageEntries(some));
    }
  }
}

std::string ModelReplica::StageLog(const Engine& master, size_t bytes_max) {
  const auto slice = master.ReadLog(staged_ + 1, bytes_max);
  // The master has cut its log meanwhile: from the beginning.
  if (absl::IsOutOfRange(slice.status())) {
    DropSync();
    return BeginSync(master);
  }
  if (!slice.ok()) return Wrong("ReadLog", slice.status());
  if (slice->first == 0) return "";
  staged_ = slice->last;
  const absl::Status staged = engine_->StageLog(slice->records);
  if (absl::IsResourceExhausted(staged)) {  // too much for a rewind
    DropSync();
    return BeginSync(master);
  }
  return Wrong("StageLog", staged);
}

std::string ModelReplica::FinishSync(const Engine& master) {
  while (walk_ != nullptr && walked_ && staged_ < master.last_index()) {
    if (std::string wrong = StageLog(master, 100'000); !wrong.empty())
      return wrong;
  }
  if (!walked_) return "";  // it began again
  walk_.reset();
  walked_ = false;
  ++full_syncs_;
  common_.reset();
  return Wrong("CommitStaging",
               engine_->CommitStaging({{"lineage", absl::StrCat(staged_)}}));
}

}  // namespace vigil::engine
