// Note: an entry of the engine's own that goes with a write, in the same record, so that
// in memory, in the log, on disk and on every replica neither is there without the other.
// With it a write can be recognised that is asked for a second time.
//
//   writer ─▶ locks: the keys', the note's ─▶ check(what the note was)
//                                           ─▶ decide ─▶ value(what came of it)
//                                           ─▶ one record: effects, note
//
// A note is never refused for max_memory, and evicts nobody when it is written: what frees
// memory must not need some. Its bytes count, and it cannot be evicted; so who writes notes
// bounds how many there are, and how large.
//
// Thread-safety: one writer's. The calls run under the locks of shards: they look at what
// they are given, and return.
#ifndef VIGIL_ENGINE_NOTE_H_
#define VIGIL_ENGINE_NOTE_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "engine/base/clock.h"
#include "engine/mutation.h"

namespace vigil::engine {

struct Note {
  std::string key;      // in kOwnDatabase; not one that concerns databases
  WallTime expires_at;  // zero: never
  // Engine::gate() when the writer found that it may write: the write is in the log
  // before that gate is closed, or not at all.
  uint64_t gate = 0;
  // Also for what changes nothing, or is refused for what it is.
  bool always = false;
  // What is there now. Not OK: the write ends with that, and nothing is applied.
  std::function<absl::Status(const KeyState& present)> check;
  // What was decided: the value of the note. An error is one that the mutations
  // themselves have met. Called also if it will not be written.
  std::function<std::string(const absl::Status& verdict,
                            absl::Span<const MutationResult> results)>
      value;
  // Out: of the record that has the note; 0: there is none.
  uint64_t index = 0;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_NOTE_H_
