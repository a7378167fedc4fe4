// What an engine holds, read in every way there is, against what the model says.
#ifndef VIGIL_TESTS_ENGINE_MODEL_COMPARE_H_
#define VIGIL_TESTS_ENGINE_MODEL_COMPARE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "engine/engine.h"
#include "tests/engine/model_store.h"

namespace vigil::engine {

// All of these return what is wrong; empty: nothing.

// Every key, value, version and expiry of every database, by ForEach, by KeyCount
// and by a walk.
std::string CompareWhole(const Engine& engine, const ModelState& expected,
                         int64_t now_ms);
std::string CompareEntry(const std::optional<Entry>& actual,
                         const ModelEntry* expected);
std::string CompareAnswer(
    const absl::StatusOr<std::vector<MutationResult>>& actual,
    const ModelStore::Answer& expected);

}  // namespace vigil::engine

#endif  // VIGIL_TESTS_ENGINE_MODEL_COMPARE_H_
