// WholeBatches: a batch is visible whole or not at all (invariant 8 of protocol.md).
// Batches move money between accounts, so the sum never changes.
#ifndef VIGIL_TESTS_SIMULATION_WHOLE_BATCHES_H_
#define VIGIL_TESTS_SIMULATION_WHOLE_BATCHES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/engine.h"

namespace vigil::simulation {

class WholeBatches {
 public:
  static constexpr int64_t kEach = 100;

  static const std::vector<std::string_view>& Accounts() {
    static const std::vector<std::string_view> accounts = {"bank/0", "bank/1",
                                                           "bank/2", "bank/3"};
    return accounts;
  }

  static std::string Check(const engine::Engine& engine) {
    const auto balances = engine.GetMany(Accounts());
    int64_t sum = 0;
    size_t open = 0;
    for (const auto& balance : balances) {
      if (!balance.has_value()) continue;
      ++open;
      int64_t amount = 0;
      if (!absl::SimpleAtoi(balance->value, &amount))
        return "8: a balance is no number";
      sum += amount;
    }
    if (open == 0) return {};
    if (open == balances.size() &&
        sum == kEach * static_cast<int64_t>(Accounts().size())) {
      return {};
    }
    return absl::StrCat("8: half a batch: ", open, " accounts hold ", sum);
  }
};

}  // namespace vigil::simulation

#endif  // VIGIL_TESTS_SIMULATION_WHOLE_BATCHES_H_
