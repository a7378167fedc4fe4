#include "tests/engine/storage_model.h"

#include <set>

namespace vigil::engine {
namespace {

uint8_t SliceOf(std::string_view key) {
  return static_cast<uint8_t>(std::stoul(std::string(key.substr(1))) %
                              kStateSlices);
}

StateChange ChangeOf(const std::string& key, const std::string& record) {
  return {.slice = SliceOf(key), .key = key, .record = record};
}

}  // namespace

absl::Status StorageModel::Step(Storage& storage) {
  const uint64_t choice = random_.Uniform(100);
  if (rare_ && random_.Uniform(8) != 0) return Append(storage, false);
  if (choice < 75) return Append(storage, /*sync=*/choice < 10);
  if (choice < 85) {
    const uint64_t before = promised().persisted;
    absl::Status s = storage.SyncLog();
    if (s.ok()) Promise([&](Promised& p) { p.durable = before; });
    return s;
  }
  if (choice < 90) return Vote(storage);
  if (choice < 97) return Checkpoint(storage);
  return choice < 98 ? Rewind(storage) : FullSync(storage);
}

std::string StorageModel::NewRecord(uint64_t index) {
  const std::string key = "k" + std::to_string(random_.Uniform(300));
  if (random_.Uniform(4) == 0) return DeleteRecord(index, key);
  return SetRecord(
      index, key,
      absl::StrCat("v", index, ".") + std::string(random_.Uniform(200), 'x'));
}

absl::Status StorageModel::Append(Storage& storage, bool sync) {
  Life& life = lives_.back();
  const uint64_t first = life.last() + 1;
  std::string blob;
  const uint64_t count = 1 + random_.Uniform(20);
  for (uint64_t i = 0; i < count; ++i) {
    life.records.push_back(NewRecord(first + i));
    blob += life.records.back();
  }
  const uint64_t last = life.last();
  Promise([&](Promised& p) { p.begun = last; });
  if (absl::Status s = storage.AppendLog(first, last, blob, sync); !s.ok())
    return s;
  Promise([&](Promised& p) {
    p.persisted = last;
    if (sync) p.durable = last;
  });
  const std::vector<EncodedRecord> decoded = *DecodeRun(blob, first);
  for (const auto& [record, bytes] : decoded) {
    const std::string key(record.key);
    entries_[key] = record.type == RecordType::kSet ? bytes : "";
    changed_[key] = record.index;
  }
  return absl::OkStatus();
}

std::vector<StateChange> StorageModel::Changes(
    const std::vector<std::string>& keys) const {
  std::vector<StateChange> changes;
  for (const std::string& key : keys)
    changes.push_back(ChangeOf(key, entries_.at(key)));
  return changes;
}

// Fuzzy: the log goes on while the state is written.
absl::Status StorageModel::Checkpoint(Storage& storage) {
  const uint64_t complete = lives_.back().last();
  std::map<std::string, uint64_t> changed;
  std::swap(changed, changed_);
  std::vector<std::string> keys;
  const auto write = [&] {
    absl::Status s = storage.WriteState(Changes(keys));
    keys.clear();
    return s;
  };
  for (const auto& [key, version] : changed) {
    keys.push_back(key);
    if (keys.size() < 40) continue;
    if (absl::Status s = write(); !s.ok()) return s;
    if (absl::Status s = Append(storage, /*sync=*/false); !s.ok()) return s;
  }
  if (absl::Status s = write(); !s.ok()) return s;
  return storage.FinishCheckpoint(complete, random_.Uniform(20'000));
}

absl::Status StorageModel::Vote(Storage& storage) {
  const uint64_t vote = promised().vote_begun + 1;
  const uint64_t before = promised().persisted;
  Promise([&](Promised& p) { p.vote_begun = vote; });
  absl::Status s = storage.WriteMeta("vote", std::to_string(vote));
  if (!s.ok()) return s;
  Promise([&](Promised& p) {
    p.vote = vote;
    p.durable = before;
  });
  return s;
}

absl::Status StorageModel::FullSync(Storage& storage) {
  Life next;
  next.begin = lives_.back().last() + random_.Uniform(1000);
  absl::Status s = storage.BeginStaging(next.begin);
  std::map<std::string, std::string>& entries = next.entries;
  std::vector<StateChange> changes;
  for (int i = 0; i < 200 && s.ok(); ++i) {
    const std::string key = "k" + std::to_string(random_.Uniform(300));
    if (entries.contains(key) || next.begin == 0) continue;
    entries[key] = SetRecord(1 + random_.Uniform(next.begin), key, "staged");
    Replay(entries[key], next.base);
    changes.push_back(ChangeOf(key, entries[key]));
    if (changes.size() < 50) continue;
    s = storage.StageState(changes);
    changes.clear();
  }
  if (s.ok()) s = storage.StageState(changes);
  for (int blobs = 0; blobs < 5 && s.ok(); ++blobs) {
    const uint64_t first = next.last() + 1;
    std::string blob;
    for (int i = 0; i < 10; ++i) {
      next.records.push_back(NewRecord(next.last() + 1));
      blob += next.records.back();
    }
    s = storage.StageLog(first, next.last(), blob);
    if (s.ok() && random_.Uniform(4) == 0) s = storage.SyncLog();
  }
  if (!s.ok()) return s;
  if (random_.Uniform(3) == 0) return storage.DropStaging();

  return Begin(std::move(next), [&](const MetaMap& meta) {
    return storage.CommitStaging(meta);
  });
}

// Goes on with `next` if `commit` does.
absl::Status StorageModel::Begin(
    Life next, const std::function<absl::Status(MetaMap)>& commit) {
  const uint64_t number = lives_.size();
  const uint64_t last = next.last();
  std::map<std::string, std::string> entries = next.entries;
  lives_.push_back(std::move(next));
  Promise([&](Promised& p) { p.life_begun = number; });
  absl::Status s = commit({{"life", std::to_string(number)}});
  if (!s.ok()) return s;
  Promise([&](Promised& p) {
    p.life = number;
    p.durable = p.persisted = p.begun = last;
  });
  // What the state on disk may not have: the next checkpoint writes it once more.
  changed_.clear();
  for (const auto& [key, entry] : entries_) changed_[key] = last;
  entries_ = std::move(entries);
  for (const std::string& bytes : lives_.back().records) {
    std::string_view rest = bytes;
    const RecordView record = *DecodeRecord(rest);
    const std::string key(record.key);
    entries_[key] = record.type == RecordType::kSet ? bytes : "";
    changed_[key] = record.index;
  }
  for (const auto& [key, version] : changed_) entries_.try_emplace(key, "");
  return s;
}

std::string StorageModel::Life::EntryAt(const std::string& key,
                                        uint64_t index) const {
  const auto known = entries.find(key);
  std::string entry = known == entries.end() ? "" : known->second;
  for (uint64_t i = 0; i < index - begin; ++i) {
    std::string_view rest = records[i];
    const RecordView record = *DecodeRecord(rest);
    if (record.key == key)
      entry = record.type == RecordType::kSet ? records[i] : "";
  }
  return entry;
}

// Takes some records back and goes on with others.
absl::Status StorageModel::Rewind(Storage& storage) {
  const Life& life = lives_.back();
  const uint64_t back = 1 + random_.Uniform(60);
  const uint64_t common =
      std::max(life.begin, life.last() - std::min(life.last(), back));
  if (common == life.last() || !storage.ReadLog(common + 1, 1).ok())
    return absl::OkStatus();
  Life next{.begin = life.begin, .base = life.base, .entries = life.entries};
  next.records.assign(
      life.records.begin(),
      life.records.begin() + static_cast<std::ptrdiff_t>(common - life.begin));
  std::set<std::string> touched;
  for (uint64_t i = common - life.begin; i < life.records.size(); ++i) {
    std::string_view rest = life.records[i];
    touched.insert(std::string(DecodeRecord(rest)->key));
  }
  std::vector<LogSlice> log;
  for (uint64_t blobs = random_.Uniform(4); blobs > 0; --blobs) {
    LogSlice& blob = log.emplace_back();
    blob.first = next.last() + 1;
    for (uint64_t i = random_.Uniform(10); i < 10; ++i) {
      next.records.push_back(NewRecord(next.last() + 1));
      blob.records += next.records.back();
    }
    blob.last = next.last();
  }
  std::vector<StateChange> changes;
  for (const std::string& key : touched) {
    const uint64_t at = common + random_.Uniform(next.last() - common + 1);
    changes.push_back(ChangeOf(key, next.EntryAt(key, at)));
  }
  // No less than what was there: what is on disk of the life before is on disk of this.
  return Begin(std::move(next), [&](const MetaMap& meta) {
    return storage.ReplaceTail(common, log, changes, meta);
  });
}

std::string StorageModel::Judge(const Found& found, const Promised& least,
                                const Promised& most, bool durable_only) const {
  if (found.life < least.life || found.life > most.life_begun)
    return absl::StrCat("life ", found.life, " where ", least.life,
                        " was acknowledged");
  if (found.vote < least.vote || found.vote > most.vote_begun)
    return absl::StrCat("vote ", found.vote, " where ", least.vote,
                        " was acknowledged");
  const Life& life = lives_[found.life];
  const uint64_t needed = durable_only ? least.durable : least.persisted;
  if (found.life == least.life && found.last < needed) {
    return absl::StrCat("ends at ", found.last, ", but ", needed,
                        " was acknowledged");
  }
  if (found.last < life.begin || found.last > life.last())
    return absl::StrCat("ends at ", found.last, ", which was never written");
  const Content expected = life.At(found.last);
  if (found.content == expected) return "";
  std::string wrong = absl::StrCat("not the content as of ", found.last);
  for (const auto& [key, value] : expected) {
    const auto it = found.content.find(key);
    if (it == found.content.end()) {
      absl::StrAppend(&wrong, "; ", key, " is missing");
    } else if (it->second != value) {
      absl::StrAppend(&wrong, "; ", key, " is another");
    }
  }
  for (const auto& [key, value] : found.content) {
    if (!expected.contains(key))
      absl::StrAppend(&wrong, "; ", key, " should not be");
  }
  return wrong;
}

}  // namespace vigil::engine
