// Voter: gives this sentinel's vote, once per epoch number, and remembers the
// highest number it has seen.
//
// A vote is given when the number is above every vote given and not below any
// epoch seen, and candidate and voter are members. A pre-vote asks the same and
// also that the voter itself finds no master; it changes nothing, so an
// isolated sentinel raises no epoch (Raft's pre-vote, Ongaro's thesis
// section 9.6).
//
// Thread-safety: thread-compatible.
// Invariant: a vote is saved before anyone learns of it (the caller puts
// SaveState before the answer when `must_save` says so).
#ifndef VIGIL_SENTINEL_VOTER_H_
#define VIGIL_SENTINEL_VOTER_H_

#include <cstdint>
#include <string>

#include "sentinel/messages.h"
#include "sentinel/persistent_state.h"

namespace vigil::sentinel {

class Voter {
 public:
  Voter(NodeId id, const PersistentState& state) : state_(state) {
    state_.owner = id;
  }

  // What the voter knows when it is asked.
  struct Circumstances {
    bool voter_is_member = true;
    bool candidate_is_member = true;
    bool master_down = false;
    // This sentinel itself is a candidate that has not asked for votes yet, or
    // leads.
    bool pre_candidate = false;
    bool leads = false;
  };

  struct Verdict {
    VoteReply reply;
    bool must_save = false;
  };

  Verdict Judge(const VoteRequest& request, NodeId candidate,
                const Circumstances& now);

  // Votes for this sentinel in a new epoch and returns its number. The caller
  // saves.
  uint64_t VoteForSelf();

  // True if `number` is news.
  bool Saw(uint64_t number);

  // No vote is given from now on: the state could not be saved.
  void Retire(const std::string& why) { retired_ = why; }
  bool retired() const { return !retired_.empty(); }

  uint64_t epoch() const { return state_.epoch; }
  const PersistentState& state() const { return state_; }

 private:
  std::string Refusal(const VoteRequest& request, NodeId candidate,
                      const Circumstances& now) const;

  PersistentState state_;
  std::string retired_;
};

}  // namespace vigil::sentinel

#endif  // VIGIL_SENTINEL_VOTER_H_
