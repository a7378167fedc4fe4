// DroppedFiles: keeps what this member's log lost to its group, until the application
// was told.
//
//   Keep ─▶ 7.pending ── switch: its name is in the same atomic write ──▶ dropped
//                                                                           │
//        told ◀── <epoch>-<first>-<last>.log ◀── Settle: it never comes back ┘
//
// A file is on disk before the switch that makes it true, and counts by its name in the
// named value "dropped", which the switch writes. So a crash at any point leaves either
// the records in the log, or the file and its name. What a crash interrupts is done
// again at the next start: a file is made once, a report may come twice.
//
// Until Settle a tail can come back: a master that was away may have it, and win the
// next election. What came back is not told.
//
// Without a directory all of it is in memory, no more than the log in memory was.
//
// Thread-safety: one caller, but for DroppedReport::told. Lifetime: `engine` outlives it.
#ifndef VIGIL_REPLICATION_DROPPED_FILES_H_
#define VIGIL_REPLICATION_DROPPED_FILES_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "engine/base/logger.h"
#include "engine/engine.h"
#include "replication/dropped_reader.h"
#include "replication/dropped_tail.h"

namespace vigil::replication {

// The named value that lists the files not told yet.
inline constexpr char kDroppedMeta[] = "dropped";

// A tail that is lost for good.
struct DroppedReport {
  DroppedSource source;
  // To be called, from any thread, when the application knows.
  std::function<void()> told;
};

struct DroppedOptions {
  // Where the files go; created when it is needed. Empty: memory.
  std::string dir;
  // Called on the caller's thread; must not block. Empty: the file is all there is.
  std::function<void(const DroppedReport&)> listener;
};

// Since this process started.
struct DroppedCounters {
  uint64_t writes = 0;  // of keys: a batch counts each
  uint64_t bytes = 0;   // of keys and values
  std::string last_file;
};

class DroppedFiles {
 public:
  DroppedFiles(engine::Engine& engine, DroppedOptions options, Logger logger);

  // Goes on with what the last process left. Once, at the start.
  void Recover();

  // Writes down the records above `after`, as far as the log still holds them.
  absl::Status Keep(uint64_t after, const History& history);
  // What the switch has to write, if something is kept for it.
  engine::MetaMap MetaOfSwitch() const;
  // The switch is done, or there will be none.
  void Switched();
  void Abandon();

  // What was dropped stays dropped, but for what `history` has: it is told.
  void Settle(const History& history);
  // Forgets what was told.
  void Tidy();

  const DroppedCounters& counters() const { return counters_; }

 private:
  struct Item {
    std::string name;  // of the file, without directory; empty: in memory
    std::shared_ptr<const std::string> bytes;
    DroppedTail tail;  // as it was kept
    bool settled = false;
    std::shared_ptr<std::atomic<bool>> told =
        std::make_shared<std::atomic<bool>>(false);
  };
  struct Survey;  // what is lost of an item

  bool on_disk() const { return !options_.dir.empty(); }
  std::string PathOf(const std::string& name) const;
  DroppedSource SourceOf(const Item& item) const;
  std::string Names(const Item* added) const;
  absl::StatusOr<Survey> Look(size_t nth, const History& history);
  absl::Status ForEachLost(
      size_t nth, const Survey& survey,
      absl::FunctionRef<void(const engine::EncodedRecord&)> visit);
  absl::Status SettleOne(size_t nth, const History& history);
  void Report(const Item& item, const Survey& survey);
  absl::Status SaveNames();
  void Warn(const absl::Status& s) const;

  engine::Engine& engine_;
  const DroppedOptions options_;
  const Logger logger_;
  uint64_t pending_made_ = 0;
  std::optional<Item> kept_;  // for a switch that has not happened yet
  std::vector<Item> items_;   // dropped, and not told yet
  DroppedCounters counters_;
};

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_DROPPED_FILES_H_
