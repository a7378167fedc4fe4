#include "tests/engine/model_store.h"

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "absl/numeric/int128.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace vigil::engine {
namespace {

using absl::StatusCode;

std::optional<int64_t> ParseInteger(const std::string& text) {
  if (text.empty() || text.find_first_not_of("-0123456789") != text.npos)
    return std::nullopt;
  char* end = nullptr;
  errno = 0;
  const long long number = std::strtoll(text.c_str(), &end, 10);
  if (errno != 0 || *end != '\0' || end == text.c_str()) return std::nullopt;
  // As in Redis: no zero in front, and no -0.
  if (text != "0" && text[text[0] == '-' ? 1 : 0] == '0') return std::nullopt;
  return number;
}

std::optional<double> ParseReal(const std::string& text) {
  if (text.empty() || text.find_first_not_of("-.e+0123456789") != text.npos)
    return std::nullopt;
  if (text[0] == '+') return std::nullopt;
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  if (*end != '\0' || end == text.c_str() || !std::isfinite(number))
    return std::nullopt;
  return number;
}

// The shortest text that reads back as the same number; without an exponent if
// that is as short.
std::string RealText(double number) {
  std::string best;
  for (const char* format : {"%.*f", "%.*e"}) {
    for (int digits = 0; digits <= 17; ++digits) {
      char text[400];
      std::snprintf(text, sizeof text, format, digits, number);
      if (std::strtod(text, nullptr) != number) continue;
      if (best.empty() || std::string_view(text).size() < best.size())
        best = text;
      break;
    }
  }
  return best;
}

ModelState Empty(size_t databases) {
  ModelState state;
  for (size_t i = 0; i < databases; ++i) {
    state.databases.emplace_back();
    state.physical.push_back(static_cast<uint8_t>(i));
  }
  return state;
}

bool Holds(const Mutation& mutation, const std::optional<ModelEntry>& present) {
  if (mutation.existence == Mutation::Existence::kAbsent && present)
    return false;
  if (mutation.existence == Mutation::Existence::kPresent && !present)
    return false;
  return !mutation.version ||
         *mutation.version == (present ? present->version : 0);
}

// Of a key that some earlier mutation of the same batch has changed.
constexpr uint64_t kVersionNotKnownYet = UINT64_MAX;

bool MayExpire(Mutation::ExpireIf condition, int64_t present, int64_t next) {
  const double was = present == 0 ? INFINITY : static_cast<double>(present);
  const double becomes = next == 0 ? INFINITY : static_cast<double>(next);
  switch (condition) {
    case Mutation::ExpireIf::kAlways:
      return !std::isinf(was) || !std::isinf(becomes);
    case Mutation::ExpireIf::kNever:
      return std::isinf(was) && was != becomes;
    case Mutation::ExpireIf::kAlready:
      return !std::isinf(was);
    case Mutation::ExpireIf::kGreater:
      return becomes > was;
    case Mutation::ExpireIf::kLess:
      return becomes < was;
  }
  return false;
}

}  // namespace

std::string Difference(const ModelState& expected, const ModelState& actual) {
  const auto print = [](const ModelDatabase& database, const std::string& key) {
    const auto it = database.find(key);
    if (it == database.end()) return std::string("none");
    const ModelEntry& entry = it->second;
    return absl::StrCat(entry.value.size(), " bytes \"",
                        absl::CHexEscape(entry.value.substr(0, 30)),
                        "\", version ", entry.version, ", expires at ",
                        entry.expires_ms);
  };
  for (size_t i = 0; i < expected.databases.size(); ++i) {
    ModelDatabase keys = expected.databases[i];
    keys.insert(actual.databases[i].begin(), actual.databases[i].end());
    for (const auto& [key, entry] : keys) {
      const auto one = expected.databases[i].find(key);
      const auto other = actual.databases[i].find(key);
      if (one != expected.databases[i].end() &&
          other != actual.databases[i].end() && one->second == other->second)
        continue;
      return absl::StrCat("database ", i, ", key \"", absl::CHexEscape(key),
                          "\": ", print(actual.databases[i], key),
                          "; expected ", print(expected.databases[i], key));
    }
  }
  return "";
}

ModelStore::ModelStore(int databases, const Limits& limits)
    : limits_(limits), state_(Empty(static_cast<size_t>(databases))) {}

// --- One mutation

StatusCode ModelStore::Validate(const Mutation& mutation) const {
  const auto bad_key = [&](std::string_view key) {
    return key.empty() || key.size() > limits_.key_bytes;
  };
  const bool bad =
      bad_key(mutation.key) ||
      (mutation.kind == Mutation::Kind::kRename
           ? bad_key(mutation.value)
           : mutation.value.size() > limits_.value_bytes) ||
      (mutation.kind == Mutation::Kind::kSetRange && !mutation.value.empty() &&
       mutation.offset > limits_.value_bytes);
  return bad ? StatusCode::kInvalidArgument : StatusCode::kOk;
}

std::optional<ModelEntry> ModelStore::Present(const Changes& changes,
                                              const Place& place,
                                              int64_t now_ms) const {
  const auto it = changes.find(place);
  if (it != changes.end()) return it->second;
  const ModelEntry* entry = Find(place.first, place.second, now_ms);
  return entry == nullptr ? std::nullopt : std::optional(*entry);
}

// The mutations that make a new value out of the present one.
StatusCode ModelStore::DoValue(const Mutation& mutation, ModelEntry& entry,
                               bool exists, bool& changed,
                               MutationResult& result) const {
  switch (mutation.kind) {
    case Mutation::Kind::kIncrement: {
      const auto number =
          exists ? ParseInteger(entry.value) : std::optional<int64_t>(0);
      if (!number) return StatusCode::kInvalidArgument;
      const absl::int128 sum = absl::int128(*number) + mutation.delta;
      if (sum > INT64_MAX || sum < INT64_MIN) return StatusCode::kOutOfRange;
      result.integer = static_cast<int64_t>(sum);
      entry.value = absl::StrCat(result.integer);
      break;
    }
    case Mutation::Kind::kIncrementFloat: {
      const auto number =
          exists ? ParseReal(entry.value) : std::optional<double>(0);
      if (!number) return StatusCode::kInvalidArgument;
      result.real = *number + mutation.delta_float;
      if (!std::isfinite(result.real)) return StatusCode::kOutOfRange;
      entry.value = RealText(result.real);
      break;
    }
    case Mutation::Kind::kAppend:
      entry.value += mutation.value;
      result.size = entry.value.size();
      break;
    case Mutation::Kind::kSetRange:
      changed = !mutation.value.empty();
      for (size_t i = 0; i < mutation.value.size(); ++i) {
        const uint64_t at = mutation.offset + i;
        if (at >= limits_.value_bytes) return StatusCode::kInvalidArgument;
        while (entry.value.size() <= at) entry.value.push_back('\0');
        entry.value[at] = mutation.value[i];
      }
      result.size = entry.value.size();
      break;
    default:
      return StatusCode::kInternal;
  }
  return entry.value.size() > limits_.value_bytes ? StatusCode::kInvalidArgument
                                                  : StatusCode::kOk;
}

StatusCode ModelStore::Do(const Mutation& mutation, int64_t now_ms,
                          Changes& changes, MutationResult& result) const {
  if (mutation.kind == Mutation::Kind::kRename)
    return DoRename(mutation, now_ms, changes, result);
  const Place place(mutation.database, mutation.key);
  const std::optional<ModelEntry> present = Present(changes, place, now_ms);
  if (mutation.want_previous && present) {
    result.previous =
        Entry{present->value, present->version, WallTime{present->expires_ms}};
  }
  if (!Holds(mutation, present)) return StatusCode::kAborted;

  ModelEntry entry = present.value_or(ModelEntry{});
  entry.version = kVersionNotKnownYet;
  result.applied = true;
  bool changed = true;
  switch (mutation.kind) {
    case Mutation::Kind::kSet:
      entry.value = mutation.value;
      if (!mutation.keep_expiry) entry.expires_ms = mutation.expires_at.ms;
      break;
    case Mutation::Kind::kDelete:
      result.applied = present.has_value();
      if (present) changes[place] = std::nullopt;
      return StatusCode::kOk;
    case Mutation::Kind::kExpire: {
      result.applied =
          present && MayExpire(mutation.expire_if, present->expires_ms,
                               mutation.expires_at.ms);
      entry.expires_ms = mutation.expires_at.ms;
      if (!result.applied || entry.expires_ms == present->expires_ms)
        return StatusCode::kOk;
      if (!entry.LiveAt(now_ms)) {
        changes[place] = std::nullopt;
        return StatusCode::kOk;
      }
      break;
    }
    case Mutation::Kind::kCheck:
      return StatusCode::kOk;
    default: {
      const StatusCode code =
          DoValue(mutation, entry, present.has_value(), changed, result);
      if (code != StatusCode::kOk) return code;
    }
  }
  if (changed) changes[place] = std::move(entry);
  return StatusCode::kOk;
}

StatusCode ModelStore::DoRename(const Mutation& mutation, int64_t now_ms,
                                Changes& changes,
                                MutationResult& result) const {
  const Place from(mutation.database, mutation.key);
  const Place to(mutation.database, mutation.value);
  std::optional<ModelEntry> moved = Present(changes, from, now_ms);
  if (!moved) return StatusCode::kNotFound;
  if (!Holds(mutation, Present(changes, to, now_ms)))
    return StatusCode::kAborted;
  result.applied = true;
  if (from == to) return StatusCode::kOk;
  moved->version = kVersionNotKnownYet;
  changes[from] = std::nullopt;
  changes[to] = std::move(moved);
  return StatusCode::kOk;
}

// --- Records

ModelStore::Answer ModelStore::Mutate(const Mutation& mutation,
                                      int64_t now_ms) {
  Answer answer;
  answer.results.resize(1);
  answer.code = Validate(mutation);
  if (answer.code != StatusCode::kOk) return answer;
  Changes changes;
  answer.code = Do(mutation, now_ms, changes, answer.results[0]);
  // Alone it is an answer.
  if (answer.code == StatusCode::kAborted) answer.code = StatusCode::kOk;
  if (answer.code != StatusCode::kOk || changes.empty()) return answer;
  answer.results[0].index = Append({.changes = std::move(changes)});
  return answer;
}

ModelStore::Answer ModelStore::MutateMany(
    const std::vector<Mutation>& mutations, int64_t now_ms) {
  Answer answer;
  Changes changes;
  for (const Mutation& mutation : mutations) {
    answer.code = Validate(mutation);
    if (answer.code != StatusCode::kOk) return answer;
  }
  for (const Mutation& mutation : mutations) {
    answer.code = Do(mutation, now_ms, changes, answer.results.emplace_back());
    if (answer.code != StatusCode::kOk) return answer;
  }
  if (changes.empty()) return answer;
  size_t bytes = 0;
  for (const auto& [place, entry] : changes)
    bytes += place.second.size() + (entry ? entry->value.size() : 0);
  const size_t bytes_max = 2 * limits_.key_bytes + limits_.value_bytes + 64;
  if (bytes > bytes_max) {
    answer.code = StatusCode::kInvalidArgument;
    return answer;
  }
  constexpr size_t kEffectBytes =
      24;  // no effect takes more beside its payload
  answer.may_be_too_large = bytes + kEffectBytes * changes.size() > bytes_max;
  const uint64_t index = Append({.changes = std::move(changes)});
  for (MutationResult& result : answer.results) {
    result.index = index;
    if (result.previous && result.previous->version == kVersionNotKnownYet)
      result.previous->version = index;
  }
  return answer;
}

void ModelStore::Undo() { ForgetAfter(last_index() - 1); }

uint64_t ModelStore::Flush(const std::vector<int>& databases) {
  return Append({.flushed = databases});
}

uint64_t ModelStore::SwapDatabases(int a, int b) {
  return Append({.swapped = std::pair(a, b)});
}

bool ModelStore::DeleteExpired(int database, std::string_view key,
                               int64_t now_ms) {
  const ModelDatabase& entries =
      state_.databases[static_cast<size_t>(database)];
  const auto it = entries.find(key);
  if (it == entries.end() || it->second.LiveAt(now_ms)) return false;
  Record record;
  record.changes[Place(database, key)] = std::nullopt;
  Append(std::move(record));
  return true;
}

uint64_t ModelStore::Append(Record record) {
  const uint64_t index = history_.size() + 1;
  for (auto& [place, entry] : record.changes) {
    if (entry) entry->version = index;
  }
  Replay(record, state_);
  history_.push_back(std::move(record));
  return index;
}

void ModelStore::Replay(const Record& record, ModelState& state) {
  const auto at = [&state](int database) -> ModelDatabase& {
    return state.databases[static_cast<size_t>(database)];
  };
  for (const auto& [place, entry] : record.changes) {
    if (entry) {
      at(place.first)[place.second] = *entry;
    } else {
      at(place.first).erase(place.second);
    }
  }
  for (const int database : record.flushed) at(database).clear();
  if (record.swapped) {
    const auto a = static_cast<size_t>(record.swapped->first);
    const auto b = static_cast<size_t>(record.swapped->second);
    std::swap(state.databases[a], state.databases[b]);
    std::swap(state.physical[a], state.physical[b]);
  }
}

// --- Looking

const ModelEntry* ModelStore::Find(int database, std::string_view key,
                                   int64_t now_ms) const {
  const ModelDatabase& entries =
      state_.databases[static_cast<size_t>(database)];
  const auto it = entries.find(key);
  return it == entries.end() || !it->second.LiveAt(now_ms) ? nullptr
                                                           : &it->second;
}

size_t ModelStore::CountExpired(int64_t now_ms) const {
  size_t count = 0;
  for (const ModelDatabase& entries : state_.databases) {
    for (const auto& [key, entry] : entries) count += !entry.LiveAt(now_ms);
  }
  return count;
}

ModelState ModelStore::StateAt(uint64_t index) const {
  if (index == last_index()) return state_;
  ModelState state = Empty(state_.databases.size());
  for (uint64_t i = 0; i < index; ++i) Replay(history_[i], state);
  return state;
}

void ModelStore::ForgetAfter(uint64_t index) {
  state_ = StateAt(index);
  history_.resize(index);
}

}  // namespace vigil::engine
