// Election: who leads the next failover. This sentinel's part in it, as a voter
// and as a candidate.
//
//            odown, and nothing forbids to try
//    idle ──────────────────────────────────────▶ delay     (random, really awaited)
//     ▲ ▲                                           │ still so
//     │ └── refused: again after a ping period ── pre-vote  (changes nothing)
//     │                                             │ majority and quorum
//     └──── lost or late: back-off ────────────── vote      (own vote saved first)
//                                                   │ majority and quorum
//                                                   ▼
//                                                 won       (Failover begins)
//
// What forbids to try: TILT; the back-off; a vote or pre-vote just given to
// another, who must get his chance; a promise that no master has used yet,
// because its leader may be about to promote; too few members in reach to
// promote anyone.
//
// Thread-safety: thread-compatible.
#ifndef VIGIL_SENTINEL_ELECTION_H_
#define VIGIL_SENTINEL_ELECTION_H_

#include <optional>
#include <string>

#include "engine/base/clock.h"
#include "engine/base/random.h"
#include "sentinel/back_off.h"
#include "sentinel/ballot.h"
#include "sentinel/options.h"
#include "sentinel/outbox.h"
#include "sentinel/topology.h"
#include "sentinel/voter.h"

namespace vigil::sentinel {

class Election {
 public:
  // `topology` and `outbox` outlive it.
  Election(const Options& options, const PersistentState& state,
           Topology& topology, Outbox& outbox);

  // What the other parts know.
  struct Situation {
    bool master_down = false;
    bool odown = false;
    bool trusted = true;  // not in TILT
    bool leads = false;   // a failover runs here
  };

  // As a voter: answers a question whose body is a VoteRequest.
  void Vote(const QuestionAsked& asked, const Situation& situation,
            MonoTime now);

  // As a candidate.
  void Advance(const Situation& situation, MonoTime now);
  void OnReply(const Answered& answered);
  void OnFailure(const AskFailed& failed);

  struct Win {
    Epoch epoch;
    uint64_t fresh_from = 0;  // pongs to pings from here on are of this attempt
    std::string votes;
  };
  // The epoch won by the last Advance, once.
  std::optional<Win> TakeWin();

  // The failover that a win began came to nothing.
  void FailoverAborted(MonoTime now);

  // An epoch number was seen anywhere.
  void Saw(uint64_t number);
  // The state cannot be saved: no vote and no candidacy any more.
  void Retire(const std::string& why);

  const Voter& voter() const { return voter_; }
  bool active() const {
    return phase_ == Phase::kPreVote || phase_ == Phase::kVote;
  }
  MonoTime deadline() const { return deadline_; }
  // Gives every time-out its full length again, after a stall.
  void RestartTimeouts(MonoTime now);

 private:
  enum class Phase { kIdle, kDelay, kPreVote, kVote };

  bool MayTry(const Situation& situation, MonoTime now);
  void AdvanceBallot(MonoTime now);
  void BeginPreVote(MonoTime now);
  void BeginVote(MonoTime now);
  void AskAll(bool pre, uint64_t number, MonoTime now);
  void Idle();
  void Hold(MonoTime until);

  Options options_;
  Topology& topology_;
  Outbox& outbox_;
  Random random_;
  Voter voter_;
  BackOff back_off_;

  Phase phase_ = Phase::kIdle;
  uint64_t round_ = 0;
  uint64_t number_ = 0;  // asked for in this round
  Ballot ballot_;
  MonoTime until_;  // of the delay or the round
  std::string refusals_;
  uint64_t fresh_from_ = 0;
  std::optional<Win> win_;

  MonoTime not_before_{INT64_MIN};      // of the next attempt
  MonoTime gave_way_until_{INT64_MIN};  // to a pre-vote's candidate
  Epoch promise_;                       // the highest one now
  MonoTime promise_since_;
  bool said_refused_ = false;
  bool said_infeasible_ = false;
  MonoTime deadline_ = MonoTime::InfiniteFuture();
};

}  // namespace vigil::sentinel

#endif  // VIGIL_SENTINEL_ELECTION_H_
