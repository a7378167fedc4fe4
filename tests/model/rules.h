// The rules of protocol.md, as transitions: each function adds what may happen
// next. Any of it may happen at any time, in any order, or never.
#ifndef VIGIL_TESTS_MODEL_RULES_H_
#define VIGIL_TESTS_MODEL_RULES_H_

#include "tests/model/model.h"
#include "tests/model/step.h"

namespace vigil::model {

void AddFailoverMoves(const Model& model, const State& state, Moves& moves);
void AddStreamMoves(const Model& model, const State& state, Moves& moves);
void AddChangeMoves(const Model& model, const State& state, Moves& moves);
void AddReadMoves(const Model& model, const State& state, Moves& moves);
void AddFaultMoves(const Model& model, const State& state, Moves& moves);

// All of the above.
void AddMoves(const Model& model, const State& state, Moves& moves);

}  // namespace vigil::model

#endif  // VIGIL_TESTS_MODEL_RULES_H_
