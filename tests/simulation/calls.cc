#include "tests/simulation/calls.h"

#include <utility>

namespace vigil::simulation {

using sentinel::Answer;
using sentinel::AskResult;
using sentinel::Failure;
using sentinel::Question;

void Calls::Ask(int from, int to, const Question& question,
                absl::Duration timeout, Done done) {
  const uint64_t id = ++asked_;
  calls_[id] = {from, to, std::move(done)};
  world_.scheduler.After(timeout, [this, id] {
    Finish(id, {absl::DeadlineExceededError("no answer"), Failure::kTimeout});
  });
  const int copies = world_.network.Duplicates() ? 2 : 1;
  for (int i = 0; i < copies; ++i) {
    if (world_.network.Loses()) continue;
    world_.scheduler.After(world_.network.Delay(),
                           [this, id, question] { Arrive(id, question); });
  }
}

void Calls::Arrive(uint64_t id, const Question& question) {
  const auto at = calls_.find(id);
  if (at == calls_.end()) return;
  const Call& call = at->second;
  if (!world_.network.Reaches(call.from, call.to)) return;
  Callee* const callee = callees_[call.to];
  const auto answer = [this, id, from = call.to, to = call.from](auto result) {
    if (!world_.network.Reaches(from, to) || world_.network.Loses()) return;
    world_.scheduler.After(
        world_.network.Delay(),
        [this, id, result = std::move(result)] { Finish(id, result); });
  };
  if (callee == nullptr) {
    return answer(
        AskResult{absl::UnavailableError("refused"), Failure::kRefused});
  }
  callee->OnQuestion(question, [answer](absl::StatusOr<Answer> reply) {
    answer(AskResult{std::move(reply), Failure::kOther});
  });
}

void Calls::Finish(uint64_t id, AskResult result) {
  auto call = calls_.extract(id);
  if (!call.empty()) call.mapped().done(std::move(result));
}

}  // namespace vigil::simulation
