// Outcome: what came of a write, in the one form that all of them have: kept beside the
// write (write_session.h), sent to whoever forwarded it, and turned into the result that
// the caller of vigil/node.h asked for.
//
//   | results varint | each: flags u8, [integer], [real], [size] | previous |
//
// Pure.
#ifndef VIGIL_OUTCOME_H_
#define VIGIL_OUTCOME_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/mutation.h"
#include "vigil/batch.h"
#include "vigil/operation.h"

namespace vigil {

struct Outcome {
  std::vector<OperationResult> results;  // one for each operation
  std::optional<Value> previous;         // of a Set that asked for it
};

Outcome ToOutcome(absl::Span<const engine::MutationResult> results);

std::string EncodeOutcome(const Outcome& outcome);
// kDataLoss: it is none.
absl::StatusOr<Outcome> DecodeOutcome(std::string_view bytes);

// The result of an operation, but for its receipt.
void FromOutcome(Outcome&& outcome, SetResult& result);
void FromOutcome(Outcome&& outcome, DeleteResult& result);
void FromOutcome(Outcome&& outcome, DeleteManyResult& result);
void FromOutcome(Outcome&& outcome, IncrementResult& result);
void FromOutcome(Outcome&& outcome, IncrementFloatResult& result);
void FromOutcome(Outcome&& outcome, SizeResult& result);
void FromOutcome(Outcome&& outcome, ChangeResult& result);
void FromOutcome(Outcome&& outcome, BatchResult& result);
inline void FromOutcome(Outcome&&, Receipt&) {}

}  // namespace vigil

#endif  // VIGIL_OUTCOME_H_
