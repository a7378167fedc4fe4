// What happens inside one member, whatever the reason.
#ifndef VIGIL_TESTS_MODEL_MEMBER_RULES_H_
#define VIGIL_TESTS_MODEL_MEMBER_RULES_H_

#include "tests/model/model.h"

namespace vigil::model {

// The member that is master of `epoch`; -1: none is any more, or yet.
int MasterOf(const State& state, Epoch epoch);

// A kill or a power cut may still happen.
bool MayCrash(const State& state);

// "Any message of a higher epoch first raises and persists the promise";
// "a master that hears of a higher epoch steps down at once".
void RaisePromise(State& state, int member, Epoch epoch);
void StepDown(State& state, int member);

// Appends as master, to the log and to the stream of its epoch.
void Append(const Model& model, State& state, int master, Kind kind,
            uint8_t target = 0);

// Moves the commit of the master as far as its rules allow.
void Commit(const Model& model, State& state, int master);

// Invariant 3 looks at what was acknowledged by anyone, ever. "Except after
// the all-N rule, which lists what may be missing; never for kQuorumDurable."
void BecomeMaster(const Model& model, State& state, int member, Epoch epoch,
                  bool all_members);

}  // namespace vigil::model

#endif  // VIGIL_TESTS_MODEL_MEMBER_RULES_H_
