// Step: one transition. Moves: those out of one state.
#ifndef VIGIL_TESTS_MODEL_STEP_H_
#define VIGIL_TESTS_MODEL_STEP_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "tests/model/state.h"

namespace vigil::model {

enum class Action : uint8_t {
  kFence,
  kSendPromote,
  kCopyTail,
  kPromote,
  kWrite,
  kHold,
  kFsync,
  kHello,
  kReceive,
  kBeginFullSync,
  kAppendJoint,
  kAppendFinal,
  kKill,
  kPowerCut,
  kWipe,
  kBeginRound,
  kReadArrives,
  kConfirm,
  kAnswerRead,
};

struct Step {
  Action action = Action::kFence;
  uint8_t member = 0;
  Epoch epoch = 0;
  uint8_t number = 0;  // an index, a target, members: text.h says which
  friend bool operator==(const Step&, const Step&) = default;
};

class Moves {
 public:
  using Move = std::pair<Step, State>;

  void Add(const Step& step, const State& next) {
    moves_.emplace_back(step, next);
  }
  void clear() { moves_.clear(); }
  const std::vector<Move>& all() const { return moves_; }

 private:
  std::vector<Move> moves_;
};

}  // namespace vigil::model

#endif  // VIGIL_TESTS_MODEL_STEP_H_
