// WorkBoard: the long works under way ("load", "replay", "full_sync", "rewind", "flush",
// "backup", "verify", "restore"), for whoever asks, and told to one listener about ten
// times a second.
//
//   WorkBoard::Item item(board, "load", total_bytes);
//   item.Add(1, entry_bytes);           // any thread
//
// Thread-safety: thread-safe. Lifetime: outlives its items.
#ifndef VIGIL_ENGINE_WORK_BOARD_H_
#define VIGIL_ENGINE_WORK_BOARD_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "engine/base/clock.h"
#include "engine/base/mutex.h"
#include "engine/progress.h"

namespace vigil::engine {

struct Work {
  std::string what;
  uint64_t keys = 0;  // done
  uint64_t bytes = 0;
  uint64_t total_keys = 0;  // estimates; 0: unknown
  uint64_t total_bytes = 0;
  absl::Duration elapsed;
};

class WorkBoard {
 public:
  using Listener = std::function<void(const Work&)>;

  // `listener` may be empty. It is called by the threads that work, under no lock,
  // and for the same work perhaps by two at a time.
  WorkBoard(const Clock& clock, Listener listener)
      : clock_(clock), listener_(std::move(listener)) {}

  class Item {
   public:
    Item(WorkBoard& board, std::string what, uint64_t total_keys,
         uint64_t total_bytes);
    ~Item();  // done: the listener is told once more
    Item(const Item&) = delete;
    Item& operator=(const Item&) = delete;

    void Add(uint64_t keys, uint64_t bytes);
    // There is more to do than was thought.
    void AddTotal(uint64_t keys) { total_keys_ += keys; }

   private:
    friend class WorkBoard;
    Work work() const;

    WorkBoard& board_;
    const std::string what_;
    std::atomic<uint64_t> total_keys_;
    const uint64_t total_bytes_;
    const MonoTime began_;
    std::atomic<uint64_t> keys_{0};
    std::atomic<uint64_t> bytes_{0};
    std::atomic<int64_t> tell_at_ns_;
  };

  std::vector<Work> list() const;

 private:
  const Clock& clock_;
  const Listener listener_;
  mutable Mutex mu_;
  std::set<const Item*> items_ ABSL_GUARDED_BY(mu_);
};

// An item for a work that tells its progress by OnProgress: from the first time on, when
// it has counted what there is to do, until this is destroyed.
// Thread-compatible. Lifetime: `board` and this outlive the work.
class ProgressItem {
 public:
  explicit ProgressItem(WorkBoard& board) : board_(board) {}
  ProgressItem(const ProgressItem&) = delete;
  ProgressItem& operator=(const ProgressItem&) = delete;

  OnProgress listener() {
    return [this](const Progress& progress) { Tell(progress); };
  }

 private:
  void Tell(const Progress& progress);

  WorkBoard& board_;
  std::optional<WorkBoard::Item> item_;
  Progress told_;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_WORK_BOARD_H_
