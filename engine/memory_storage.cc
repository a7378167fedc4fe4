#include "engine/memory_storage.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/log_collector.h"
#include "engine/record.h"

namespace vigil::engine {
namespace {

using Generation = MemoryGeneration;
using Image = MemoryImage;

void ChangeState(Generation& generation,
                 const std::vector<StateChange>& changes) {
  for (const StateChange& change : changes) {
    const MemoryRow row{change.slice, change.database, change.key};
    if (change.record.empty()) {
      generation.state.erase(row);
    } else {
      generation.state[row] = change.record;
    }
  }
}

// Drops the blobs that are wholly below both the checkpoint and the newest bytes.
void TrimLog(Generation& generation, uint64_t bytes_kept) {
  uint64_t bytes = 0;
  auto it = generation.log.end();
  while (it != generation.log.begin() && bytes < bytes_kept) {
    --it;
    bytes += it->second.records.size();
  }
  while (generation.log.begin() != it &&
         generation.log.begin()->second.last <= generation.checkpoint) {
    generation.log.erase(generation.log.begin());
  }
}

// The blob that holds `index` or, if none does, the next one.
std::map<uint64_t, LogSlice>::const_iterator BlobOf(
    const Generation& generation, uint64_t index) {
  auto it = generation.log.upper_bound(index);
  if (it == generation.log.begin()) return it;
  const auto before = std::prev(it);
  return before->second.last >= index ? before : it;
}

// What is left of the blob that holds `index` when the records above go. first == 0:
// no blob does.
absl::StatusOr<LogSlice> PrefixOfHolder(const Generation& generation,
                                        uint64_t index) {
  const auto it = BlobOf(generation, index);
  if (it == generation.log.end() || it->first > index) return LogSlice{};
  const auto records = PrefixUpTo(it->second.records, index);
  if (!records.ok()) return records.status();
  return LogSlice{it->first, index, std::string(*records)};
}

}  // namespace

const std::string* MemoryGeneration::FindState(uint8_t database,
                                               const std::string& key) const {
  for (int slice = 0; slice < kStateSlices; ++slice) {
    const auto row = state.find({slice, database, key});
    if (row != state.end()) return &row->second;
  }
  return nullptr;
}

// --- MemoryDisk

void MemoryDisk::Kill() {
  MutexLock lock(mu_);
  ++boot_;
  changed_.NotifyAll();
}

void MemoryDisk::PowerCut(size_t survive) {
  MutexLock lock(mu_);
  ++boot_;
  for (size_t i = 0; i < survive && i < unsynced_.size(); ++i)
    unsynced_[i](synced_);
  unsynced_.clear();
  written_ = synced_;
  changed_.NotifyAll();
}

void MemoryDisk::Hang(bool hang) {
  MutexLock lock(mu_);
  hangs_ = hang;
  changed_.NotifyAll();
}

absl::Status MemoryDisk::Enter(uint64_t boot) {
  while (hangs_ && boot == boot_) changed_.Wait(mu_);
  if (boot == boot_) return absl::OkStatus();
  return absl::AbortedError("the process of this storage is dead");
}

size_t MemoryDisk::unsynced_writes() const {
  MutexLock lock(mu_);
  return unsynced_.size();
}

void MemoryDisk::FailWrites(absl::Status error) {
  MutexLock lock(mu_);
  write_error_ = std::move(error);
}

void MemoryDisk::FailSyncs(absl::Status error) {
  MutexLock lock(mu_);
  sync_error_ = std::move(error);
}

MemoryDisk::Image MemoryDisk::Read() const {
  MutexLock lock(mu_);
  return written_;
}

absl::Status MemoryDisk::Write(uint64_t boot, Change change, bool sync) {
  MutexLock lock(mu_);
  if (absl::Status s = Enter(boot); !s.ok()) return s;
  if (!write_error_.ok()) return write_error_;
  change(written_);
  unsynced_.push_back(std::move(change));
  return sync ? SyncLocked() : absl::OkStatus();
}

absl::Status MemoryDisk::Sync(uint64_t boot) {
  MutexLock lock(mu_);
  if (absl::Status s = Enter(boot); !s.ok()) return s;
  return SyncLocked();
}

absl::Status MemoryDisk::AwaitAnswer(uint64_t boot) {
  MutexLock lock(mu_);
  return Enter(boot);
}

absl::Status MemoryDisk::SyncLocked() {
  if (!sync_error_.ok()) return sync_error_;
  for (const Change& change : unsynced_) change(synced_);
  unsynced_.clear();
  return absl::OkStatus();
}

uint64_t MemoryDisk::boot() const {
  MutexLock lock(mu_);
  return boot_;
}

// --- MemoryStorage

MemoryStorage::MemoryStorage(std::shared_ptr<MemoryDisk> disk)
    : disk_(std::move(disk)), boot_(disk_->boot()) {
  if (disk_->Read().staged.has_value()) DropStaging().IgnoreError();
}

absl::Status MemoryStorage::Write(MemoryDisk::Change change, bool sync) {
  if (failed_) return absl::InternalError("an earlier write failed");
  absl::Status s = disk_->Write(boot_, std::move(change), sync);
  if (!s.ok()) failed_ = true;
  return s;
}

absl::StatusOr<MetaMap> MemoryStorage::ReadMeta() { return disk_->Read().meta; }

absl::Status MemoryStorage::WriteMeta(std::string_view name,
                                      std::string_view value) {
  return Write([name = std::string(name), value = std::string(value)](
                   Image& image) { image.meta[name] = value; },
               /*sync=*/true);
}

uint64_t MemoryStorage::hash_seed() const {
  return disk_->With([](const Image& image) { return image.hash_seed; });
}

StorageSize MemoryStorage::size() const {
  return disk_->With([](const Image& image) {
    StorageSize size;
    for (const auto& [row, bytes] : image.present.state) {
      ++size.state_keys;
      size.state_bytes += row.key.size() + bytes.size();
    }
    for (const auto& [first, blob] : image.present.log)
      size.log_bytes += blob.records.size();
    return size;
  });
}

absl::Status MemoryStorage::LoadState(
    int slice_begin, int slice_end,
    absl::FunctionRef<absl::Status(const RecordView&)> on_entry) {
  // A copy: no callback under the disk's lock.
  const auto rows = disk_->With([&](const Image& image) {
    const auto& state = image.present.state;
    return std::map<MemoryRow, std::string>(
        state.lower_bound({.slice = slice_begin}),
        state.lower_bound({.slice = slice_end}));
  });
  for (const auto& [row, bytes] : rows) {
    std::string_view rest = bytes;
    const absl::StatusOr<RecordView> record = DecodeRecord(rest);
    if (!record.ok() || !rest.empty() || record->key != row.key ||
        record->database != row.database) {
      return absl::DataLossError(
          absl::StrCat("the state of key '", row.key, "' is damaged"));
    }
    if (absl::Status s = on_entry(*record); !s.ok()) return s;
  }
  return absl::OkStatus();
}

absl::Status MemoryStorage::LoadLog(
    absl::FunctionRef<absl::Status(const LogSlice&)> on_log) {
  const Image image = disk_->Read();
  for (auto it = BlobOf(image.present, image.present.checkpoint + 1);
       it != image.present.log.end(); ++it) {
    if (absl::Status s = on_log(it->second); !s.ok()) return s;
  }
  return absl::OkStatus();
}

uint64_t MemoryStorage::checkpoint() const {
  return disk_->With(
      [](const Image& image) { return image.present.checkpoint; });
}

absl::Status MemoryStorage::AppendLog(uint64_t first, uint64_t last,
                                      std::string_view records, bool sync) {
  return Write([blob = LogSlice{first, last, std::string(records)}](
                   Image& image) { image.present.log[blob.first] = blob; },
               sync);
}

absl::Status MemoryStorage::SyncLog() {
  if (failed_) return absl::InternalError("an earlier write failed");
  absl::Status s = disk_->Sync(boot_);
  if (!s.ok()) failed_ = true;
  return s;
}

absl::StatusOr<LogSlice> MemoryStorage::ReadLog(uint64_t from,
                                                size_t bytes_max) {
  return disk_->With([&](const Image& image) -> absl::StatusOr<LogSlice> {
    const auto& log = image.present.log;
    LogCollector collector(from, bytes_max);
    auto it = BlobOf(image.present, from);
    if (it != log.end() && it->first > from) it = log.end();
    for (; it != log.end() && !collector.full(); ++it) {
      if (absl::Status s = collector.Add(it->second.records); !s.ok()) return s;
    }
    return collector.Finish();
  });
}

absl::Status MemoryStorage::WriteState(
    const std::vector<StateChange>& changes) {
  return Write(
      [changes](Image& image) { ChangeState(image.present, changes); });
}

absl::Status MemoryStorage::FinishCheckpoint(uint64_t index,
                                             uint64_t log_bytes_kept) {
  return Write([index, log_bytes_kept](Image& image) {
    image.present.checkpoint = index;
    TrimLog(image.present, log_bytes_kept);
  });
}

absl::Status MemoryStorage::Backup(const std::string&, const MetaMap&,
                                   const OnProgress&, const Limit&) {
  if (absl::Status s = disk_->AwaitAnswer(boot_); !s.ok()) return s;
  return absl::FailedPreconditionError(
      "a disk in memory has no directory to back up to");
}

absl::Status MemoryStorage::ReplaceTail(uint64_t common,
                                        const std::vector<LogSlice>& log,
                                        const std::vector<StateChange>& changes,
                                        const MetaMap& meta) {
  const auto kept = disk_->With([&](const Image& image) {
    return PrefixOfHolder(image.present, common);
  });
  if (!kept.ok()) return kept.status();
  return Write(
      [common, kept = *kept, log, changes, meta](Image& image) {
        auto& blobs = image.present.log;
        blobs.erase(blobs.upper_bound(common), blobs.end());
        if (kept.first != 0) blobs[kept.first] = kept;
        for (const LogSlice& blob : log) blobs[blob.first] = blob;
        image.present.checkpoint = std::min(image.present.checkpoint, common);
        ChangeState(image.present, changes);
        for (const auto& [name, value] : meta) image.meta[name] = value;
      },
      /*sync=*/true);
}

absl::Status MemoryStorage::BeginStaging(uint64_t begin_index) {
  return Write([begin_index](Image& image) {
    image.staged.emplace().checkpoint = begin_index;
  });
}

absl::Status MemoryStorage::StageState(
    const std::vector<StateChange>& changes) {
  return Write(
      [changes](Image& image) { ChangeState(*image.staged, changes); });
}

absl::Status MemoryStorage::StageLog(uint64_t first, uint64_t last,
                                     std::string_view records) {
  return Write([blob = LogSlice{first, last, std::string(records)}](
                   Image& image) { image.staged->log[blob.first] = blob; });
}

absl::Status MemoryStorage::CommitStaging(const MetaMap& meta) {
  return Write(
      [meta](Image& image) {
        for (const auto& [name, value] : meta) image.meta[name] = value;
        image.present = *std::exchange(image.staged, std::nullopt);
      },
      /*sync=*/true);
}

absl::Status MemoryStorage::DropStaging() {
  return Write([](Image& image) { image.staged.reset(); });
}

}  // namespace vigil::engine
