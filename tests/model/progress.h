// Progress: can the group still go on, if no further fault happens?
//
// Not a temporal proof: one fresh leader that reaches every member which is not
// wiped, then the commit of one record; or the present master without any.
#ifndef VIGIL_TESTS_MODEL_PROGRESS_H_
#define VIGIL_TESTS_MODEL_PROGRESS_H_

#include "tests/model/model.h"

namespace vigil::model {

bool CanGoOn(const Model& model, const State& state);

}  // namespace vigil::model

#endif  // VIGIL_TESTS_MODEL_PROGRESS_H_
