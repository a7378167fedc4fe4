// Model: one scope, one variant, and the questions that all rules ask.
#ifndef VIGIL_TESTS_MODEL_MODEL_H_
#define VIGIL_TESTS_MODEL_MODEL_H_

#include "tests/model/scope.h"
#include "tests/model/state.h"
#include "tests/model/variant.h"

namespace vigil::model {

// The members of a joint configuration; both the same outside of a change.
struct Configuration {
  Members of_old = 0;
  Members of_new = 0;
  Members all() const { return of_old | of_new; }
  bool joint() const { return of_old != of_new; }
  bool Names(int member) const { return all() >> member & 1; }
};

struct Model {
  Scope scope;
  Variant variant;

  State Initial() const;

  // "An epoch is the pair (number, leader id), ordered and compared whole."
  int Rank(Epoch epoch) const {
    return variant.epochs_by_number ? scope.NumberOf(epoch) : epoch;
  }

  // "The one in force is the last such record in the log."
  Configuration ConfigurationOf(const Log& log) const;
  // "C of the old and C of the new", C = N/2 + 1.
  bool CommitQuorum(const Configuration& configuration, Members set) const;
  // "F of both", F = N - C + 1.
  bool FenceQuorum(const Configuration& configuration, Members set) const;
};

}  // namespace vigil::model

#endif  // VIGIL_TESTS_MODEL_MODEL_H_
