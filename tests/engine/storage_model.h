// What a storage must hold, and a seeded workload that makes both.
#ifndef VIGIL_TESTS_ENGINE_STORAGE_MODEL_H_
#define VIGIL_TESTS_ENGINE_STORAGE_MODEL_H_

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "engine/base/mutex.h"
#include "engine/base/random.h"
#include "engine/record.h"
#include "engine/storage.h"
#include "tests/engine/records.h"

namespace vigil::engine {

// What was acknowledged, and what was begun, at some moment. A full sync or a rewind
// begins a new life of the data, with a history of its own.
struct Promised {
  uint64_t life = 0;
  uint64_t life_begun = 0;
  uint64_t durable = 0;    // of `life`
  uint64_t persisted = 0;  // of `life`
  uint64_t begun = 0;      // of `life`
  uint64_t vote = 0;
  uint64_t vote_begun = 0;
};

// What was read back.
struct Found {
  uint64_t life = 0;
  uint64_t last = 0;
  uint64_t vote = 0;
  Content content;
};

// Reads everything in the simplest way: the state, and of the log what is newer.
inline absl::StatusOr<Found> ReadBack(Storage& storage) {
  Found found;
  const absl::StatusOr<MetaMap> meta = storage.ReadMeta();
  if (!meta.ok()) return meta.status();
  const auto number = [&](const std::string& name) -> uint64_t {
    const auto value = meta->find(name);
    return value == meta->end() ? 0 : std::stoull(value->second);
  };
  found.life = number("life");
  found.vote = number("vote");
  std::map<std::string, uint64_t> versions;
  absl::Status s =
      storage.LoadState(0, kStateSlices, [&](const RecordView& record) {
        versions[std::string(record.key)] = record.index;
        Replay(Encoded(record), found.content);
        return absl::OkStatus();
      });
  if (!s.ok()) return s;
  uint64_t newest = 0;
  for (const auto& [key, version] : versions)
    newest = std::max(newest, version);
  found.last = storage.checkpoint();
  bool first = true;
  s = storage.LoadLog([&](const LogSlice& slice) {
    if (first ? slice.first > found.last + 1 : slice.first != found.last + 1) {
      return absl::DataLossError(
          absl::StrCat("a gap: ", slice.first, " after ", found.last));
    }
    first = false;
    const auto records = DecodeRun(slice.records, slice.first);
    if (!records.ok()) return records.status();
    for (const auto& [record, bytes] : *records) {
      const auto known = versions.find(std::string(record.key));
      if (known == versions.end() || known->second < record.index)
        Replay(bytes, found.content);
    }
    found.last = slice.last;
    return absl::OkStatus();
  });
  if (!s.ok()) return s;
  if (newest > found.last)
    return absl::DataLossError("the state is ahead of the log");
  return found;
}

// Drives a storage, and knows what it must hold. The workload runs in one thread;
// promised() is thread-safe.
class StorageModel {
 public:
  // Odd seeds: syncs and checkpoints are rare.
  explicit StorageModel(uint64_t seed) : rare_(seed % 2 == 1), random_(seed) {}

  // One step of the workload. The storage's error, if it has one.
  absl::Status Step(Storage& storage);

  Promised promised() const {
    MutexLock lock(mu_);
    return promised_;
  }

  // What is wrong with `found`, when `least` was acknowledged before and nothing
  // beyond `most` was begun; empty if nothing is. `durable_only`: the power failed.
  std::string Judge(const Found& found, const Promised& least,
                    const Promised& most, bool durable_only) const;

 private:
  struct Life {
    uint64_t begin = 0;  // the content as of this index ...
    Content base;
    std::map<std::string, std::string> entries;  // the same, encoded
    std::vector<std::string> records;            // ... and what followed
    uint64_t last() const { return begin + records.size(); }
    Content At(uint64_t index) const {
      Content content = base;
      for (uint64_t i = 0; i < index - begin; ++i) Replay(records[i], content);
      return content;
    }
    // Of this key as of `index`; empty: there is none.
    std::string EntryAt(const std::string& key, uint64_t index) const;
  };

  std::string NewRecord(uint64_t index);
  absl::Status Append(Storage& storage, bool sync);
  absl::Status Checkpoint(Storage& storage);
  absl::Status Vote(Storage& storage);
  absl::Status FullSync(Storage& storage);
  absl::Status Rewind(Storage& storage);
  absl::Status Begin(Life next,
                     const std::function<absl::Status(MetaMap)>& commit);
  std::vector<StateChange> Changes(const std::vector<std::string>& keys) const;

  template <typename Change>
  void Promise(Change change) {
    MutexLock lock(mu_);
    change(promised_);
  }

  const bool rare_;
  Random random_;
  std::vector<Life> lives_{Life()};
  // Of the present life, to write state entries.
  std::map<std::string, std::string> entries_;
  std::map<std::string, uint64_t> changed_;
  mutable Mutex mu_;
  Promised promised_ ABSL_GUARDED_BY(mu_);
};

}  // namespace vigil::engine

#endif  // VIGIL_TESTS_ENGINE_STORAGE_MODEL_H_
