#include "engine/keyspace.h"

#include <utility>

#include "absl/strings/string_view.h"

namespace vigil::engine {
namespace {

absl::string_view Bridge(std::string_view s) { return {s.data(), s.size()}; }

}  // namespace

const Entry* Keyspace::FindStored(std::string_view key) const {
  const auto it = slots_.find(Bridge(key));
  return it == slots_.end() ? nullptr : &it->second.entry;
}

const Entry* Keyspace::Find(std::string_view key, WallTime now) const {
  const Entry* entry = FindStored(key);
  return entry == nullptr || IsExpired(*entry, now) ? nullptr : entry;
}

bool Keyspace::Apply(const RecordView& record) {
  switch (record.type) {
    case RecordType::kSet: {
      Slot* slot = Store(record);
      if (slot == nullptr) return false;
      if (track_changes_ && slot->marked_in != round_) {
        slot->marked_in = round_;
        changed_.emplace(record.key);
      }
      return true;
    }
    case RecordType::kDelete:
      if (!Erase(record)) return false;
      if (track_changes_) changed_.emplace(record.key);
      return true;
    case RecordType::kEpoch:
    case RecordType::kConfiguration:
      return false;
  }
  return false;
}

void Keyspace::Load(const RecordView& record) { Store(record); }

Keyspace::Slot* Keyspace::Store(const RecordView& record) {
  auto it = slots_.find(Bridge(record.key));
  if (it == slots_.end()) {
    it = slots_.emplace(std::string(record.key), Slot{}).first;
  } else if (record.index <= it->second.entry.version) {
    return nullptr;
  }
  Entry& entry = it->second.entry;
  if (entry.expires_at != record.expires_at) {
    expiry_.Remove(record.key, entry.expires_at);
    expiry_.Add(record.key, record.expires_at);
  }
  entry.value.assign(record.value);
  entry.version = record.index;
  entry.expires_at = record.expires_at;
  return &it->second;
}

bool Keyspace::Erase(const RecordView& record) {
  const auto it = slots_.find(Bridge(record.key));
  if (it == slots_.end() || record.index <= it->second.entry.version)
    return false;
  expiry_.Remove(record.key, it->second.entry.expires_at);
  slots_.erase(it);
  return true;
}

absl::flat_hash_set<std::string> Keyspace::TakeChanged() {
  ++round_;
  return std::exchange(changed_, {});
}

void Keyspace::MarkChanged(std::string_view key) {
  changed_.emplace(key);
  const auto it = slots_.find(Bridge(key));
  if (it != slots_.end()) it->second.marked_in = round_;
}

std::vector<std::string> Keyspace::Keys() const {
  std::vector<std::string> keys;
  keys.reserve(slots_.size());
  for (const auto& [key, slot] : slots_) keys.push_back(key);
  return keys;
}

void Keyspace::ForEach(
    absl::FunctionRef<void(std::string_view, const Entry&)> visit) const {
  for (const auto& [key, slot] : slots_) visit(key, slot.entry);
}

}  // namespace vigil::engine
