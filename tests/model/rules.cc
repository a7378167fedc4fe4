#include "tests/model/rules.h"

namespace vigil::model {

void AddMoves(const Model& model, const State& state, Moves& moves) {
  AddFailoverMoves(model, state, moves);
  AddStreamMoves(model, state, moves);
  AddChangeMoves(model, state, moves);
  AddReadMoves(model, state, moves);
  AddFaultMoves(model, state, moves);
}

}  // namespace vigil::model
