#include "tests/engine/model_compare.h"

#include "absl/strings/str_cat.h"
#include "engine/databases.h"
#include "engine/record.h"

namespace vigil::engine {
namespace {

// Expired keys, too: they are on the disk and on replicas.
absl::StatusOr<ModelState> Walked(const Engine& engine,
                                  const ModelState& expected) {
  ModelState state;
  state.databases.resize(expected.databases.size());
  state.physical = expected.physical;
  const auto walk = engine.Walk();
  for (std::string some = walk->Next(10'000); !some.empty();
       some = walk->Next(10'000)) {
    const auto records = DecodeRecords(some);
    if (!records.ok()) return records.status();
    for (const auto& [record, bytes] : *records) {
      if (record.database == kOwnDatabase) continue;
      for (size_t i = 0; i < state.physical.size(); ++i) {
        if (state.physical[i] != record.database) continue;
        state.databases[i][std::string(record.key)] = {
            std::string(record.value), record.index, record.expires_at.ms};
      }
    }
  }
  return state;
}

}  // namespace

std::string CompareWhole(const Engine& engine, const ModelState& expected,
                         int64_t now_ms) {
  ModelState visited = {.physical = expected.physical};
  ModelState live = visited;
  for (size_t i = 0; i < expected.databases.size(); ++i) {
    const int number = static_cast<int>(i);
    if (engine.KeyCount(number) != expected.databases[i].size()) {
      return absl::StrCat("database ", i, " has ", engine.KeyCount(number),
                          " keys; expected ", expected.databases[i].size());
    }
    ModelDatabase& database = visited.databases.emplace_back();
    engine.ForEach(
        [&](std::string_view key, const Entry& entry) {
          database[std::string(key)] = {entry.value, entry.version,
                                        entry.expires_at.ms};
        },
        number);
    live.databases.push_back(expected.databases[i]);
    std::erase_if(live.databases.back(), [&](const auto& each) {
      return !each.second.LiveAt(now_ms);
    });
  }
  if (visited != live) return "ForEach: " + Difference(live, visited);
  const auto walked = Walked(engine, expected);
  if (!walked.ok()) return "the walk: " + walked.status().ToString();
  if (*walked != expected) return "the walk: " + Difference(expected, *walked);
  return "";
}

std::string CompareEntry(const std::optional<Entry>& actual,
                         const ModelEntry* expected) {
  if (!actual && expected == nullptr) return "";
  if (!actual) return "it is not found";
  if (expected == nullptr) return "it is found";
  if (actual->value != expected->value) {
    return absl::StrCat("its value has ", actual->value.size(),
                        " bytes; expected other ", expected->value.size());
  }
  if (actual->version != expected->version) {
    return absl::StrCat("its version is ", actual->version, "; expected ",
                        expected->version);
  }
  if (actual->expires_at.ms != expected->expires_ms) {
    return absl::StrCat("it expires at ", actual->expires_at.ms, "; expected ",
                        expected->expires_ms);
  }
  return "";
}

namespace {

std::string CompareResult(const MutationResult& actual,
                          const MutationResult& expected) {
  const auto text = [](const MutationResult& result) {
    return absl::StrCat("applied ", result.applied, ", index ", result.index,
                        ", integer ", result.integer, ", real ", result.real,
                        ", size ", result.size);
  };
  if (text(actual) != text(expected))
    return absl::StrCat(text(actual), "; expected ", text(expected));
  std::optional<ModelEntry> previous;
  if (expected.previous) {
    previous = ModelEntry{expected.previous->value, expected.previous->version,
                          expected.previous->expires_at.ms};
  }
  const std::string wrong =
      CompareEntry(actual.previous, previous ? &*previous : nullptr);
  return wrong.empty() ? "" : "the previous entry: " + wrong;
}

}  // namespace

std::string CompareAnswer(
    const absl::StatusOr<std::vector<MutationResult>>& actual,
    const ModelStore::Answer& expected) {
  if (actual.status().code() != expected.code) {
    return absl::StrCat(actual.status().ToString(), "; expected ",
                        absl::StatusCodeToString(expected.code));
  }
  if (!actual.ok()) return "";
  if (actual->size() != expected.results.size())
    return absl::StrCat(actual->size(), " results");
  for (size_t i = 0; i < actual->size(); ++i) {
    const std::string wrong = CompareResult((*actual)[i], expected.results[i]);
    if (!wrong.empty()) return absl::StrCat("result ", i, ": ", wrong);
  }
  return "";
}

}  // namespace vigil::engine
