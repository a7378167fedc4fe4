// Housekeeper: the thread that does what nobody waits for: expired keys, memory of
// flushed keys and sparse pages, large values that have gone, memory for keys to come,
// the eviction's clock.
//
// Rounds (expired keys, sparse pages, what was flushed) take no more than a quarter of one
// core: after each piece it rests three times as long, however much there is to do. Memory
// that writers wait for is prepared and freed as fast as they want it.
//
// Time: the machine's monotonic clock. Thread-safety: thread-safe.
// Lifetime: what the constructor gets outlives it.
#ifndef VIGIL_ENGINE_HOUSEKEEPER_H_
#define VIGIL_ENGINE_HOUSEKEEPER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"
#include "engine/base/clock.h"
#include "engine/base/mutex.h"
#include "engine/base/thread.h"
#include "engine/data_set.h"
#include "engine/expirer.h"
#include "engine/flush_work.h"
#include "engine/log.h"
#include "engine/page_pool.h"
#include "engine/reclaimer.h"
#include "engine/survey.h"
#include "engine/sweeper.h"
#include "engine/work_board.h"

namespace vigil::engine {

class Housekeeper {
 public:
  // `clock`: by which keys expire. `period`: between two rounds.
  Housekeeper(DataSet& data, Log& log, PagePool& pool, Reclaimer& reclaimer,
              WorkBoard& works, const Clock& clock, absl::Duration period);
  ~Housekeeper() { Stop(); }

  // Nothing happens by itself before.
  void Start();
  void Stop();

  // One round without a limit, on the caller's thread. Returns how many keys
  // expired.
  size_t RunOnce();

  uint64_t expired() const { return expirer_.expired(); }
  BigKeys big_keys() const { return survey_.big_keys(); }

 private:
  void Run();
  // What is due at every tick of the eviction's clock.
  void LookAround();
  // Returns whether everything is done.
  bool Round(MonoTime deadline);

  DataSet& data_;
  Log& log_;
  PagePool& pool_;
  Reclaimer& reclaimer_;
  const absl::Duration period_;
  const SystemClock stopwatch_;
  std::atomic<bool> stopping_{false};

  Mutex mu_;  // a round at a time, and so a caller of each of these
  Expirer expirer_;
  Sweeper sweeper_ ABSL_GUARDED_BY(mu_);
  Survey survey_;
  FlushWork flush_work_;  // of thread_ alone, since it tells under no lock
  Thread thread_;         // last: it uses all of the above
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_HOUSEKEEPER_H_
