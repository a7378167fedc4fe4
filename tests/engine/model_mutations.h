// MutationMaker: random mutations of a few keys, of every kind, with every condition.
//
// Most meet something: keys are few, versions and expiry times are often those that
// the model has.
//
// Thread-safety: thread-compatible.
#ifndef VIGIL_TESTS_ENGINE_MODEL_MUTATIONS_H_
#define VIGIL_TESTS_ENGINE_MODEL_MUTATIONS_H_

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "engine/base/random.h"
#include "engine/mutation.h"
#include "tests/engine/model_store.h"

namespace vigil::engine {

class MutationMaker {
 public:
  static constexpr int kDatabases = 3;  // of more that there are
  static constexpr ModelStore::Limits kLimits = {.key_bytes = 300,
                                                 .value_bytes = 150'000};

  // Both outlive it.
  MutationMaker(Random& random, const ModelStore& model)
      : random_(random), model_(model) {}

  // Its views are good until Forget().
  Mutation Next(int64_t now_ms);
  void Forget() { strings_.clear(); }

  int Database() { return static_cast<int>(random_.Uniform(kDatabases)); }
  std::string_view Key();

 private:
  bool OneIn(uint64_t n) { return random_.Uniform(n) == 0; }
  std::string_view Keep(std::string text) {
    return strings_.emplace_back(std::move(text));
  }
  std::string Value();
  int64_t Expiry(int64_t now_ms);

  Random& random_;
  const ModelStore& model_;
  std::deque<std::string> strings_;
};

}  // namespace vigil::engine

#endif  // VIGIL_TESTS_ENGINE_MODEL_MUTATIONS_H_
