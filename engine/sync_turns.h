// SyncTurns: those who wait for a sync sleep until the one that is theirs.
//
//   sync 7 of all up to 100 ───────▶ turn 7 wakes        sync 8 of all up to 102 ───▶ turn 8
//       101, 102 come: turn 8                               103 comes: turn 9
//
// With one signal for all, a writer that comes while a sync runs would be woken by it, only
// to sleep again until its own: with many writers a third of all wake-ups.
//
// Thread-safety: thread-safe; Begin and End are one thread's.
#ifndef VIGIL_ENGINE_SYNC_TURNS_H_
#define VIGIL_ENGINE_SYNC_TURNS_H_

#include <array>
#include <atomic>
#include <cstdint>

#include "engine/base/clock.h"
#include "engine/base/signal.h"

namespace vigil::engine {

class SyncTurns {
 public:
  // Taken before one looks whether one has to wait.
  class Turn {
   private:
    friend class SyncTurns;
    uint64_t parity = 0;
    uint64_t seen = 0;
  };
  // Of who waits for `index` to be durable.
  Turn Of(uint64_t index) const {
    // The signals first: whichever turn it is, its end is not missed from here on.
    const std::array<uint64_t, 2> seen = {signals_[0].Seen(),
                                          signals_[1].Seen()};
    const uint64_t running = running_;
    Turn turn;
    turn.parity = index <= running >> 1 ? running & 1 : (running & 1) ^ 1;
    turn.seen = seen[turn.parity];
    return turn;
  }
  // True at once or when the turn has come, or everybody is woken; false when `deadline`,
  // of SystemClock, passed first.
  bool Await(const Turn& turn, MonoTime deadline) {
    return signals_[turn.parity].WaitPast(turn.seen, deadline);
  }

  // A sync begins, of all up to `index`; the one before has ended.
  void Begin(uint64_t index) { running_ = index << 1 | ((running_ & 1) ^ 1); }
  void End() {
    // Index 0: while none runs everybody waits for the next one.
    const uint64_t parity = running_ & 1;
    running_ = parity;
    signals_[parity].Notify();
  }
  void WakeAll() {
    for (Signal& signal : signals_) signal.Notify();
  }

 private:
  // | index 63 | the lowest bit of the turn's number |, in one piece.
  std::atomic<uint64_t> running_{0};
  std::array<Signal, 2> signals_;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_SYNC_TURNS_H_
