// Progress: how far a long work has come, told now and then.
//
// No clock: it is told each time that as many bytes were done as take a disk or a
// core about a tenth of a second, and at the end.
#ifndef VIGIL_ENGINE_PROGRESS_H_
#define VIGIL_ENGINE_PROGRESS_H_

#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>

namespace vigil::engine {

struct Progress {
  std::string_view what;  // such as "backup"; lives as long as the program
  uint64_t done_keys = 0;
  uint64_t done_bytes = 0;
  uint64_t total_keys_estimate = 0;  // 0: not known
  uint64_t total_bytes_estimate = 0;
};

// Called in the thread that works, which waits for it. May be empty.
using OnProgress = std::function<void(const Progress&)>;

// Of a work on files, which hold keys without saying where each begins: of these as
// large a part is done as of the bytes.
// Thread-compatible: several threads that do one work have one each.
class ProgressMeter {
 public:
  ProgressMeter(std::string_view what, uint64_t total_bytes_estimate,
                OnProgress on_progress, uint64_t total_keys_estimate = 0)
      : progress_{.what = what,
                  .total_keys_estimate = total_keys_estimate,
                  .total_bytes_estimate = total_bytes_estimate},
        on_progress_(std::move(on_progress)) {}

  void Add(uint64_t bytes) {
    progress_.done_bytes += bytes;
    if (progress_.done_bytes - told_bytes_ >= kStepBytes) Tell();
  }
  // Tells where things stand now.
  void Tell() {
    told_bytes_ = progress_.done_bytes;
    progress_.done_keys = KeysDone();
    if (on_progress_) on_progress_(progress_);
  }
  const Progress& progress() const { return progress_; }

 private:
  // A tenth of a second at 320 MB/s.
  static constexpr uint64_t kStepBytes = 32 << 20;

  uint64_t KeysDone() const {
    const uint64_t total = progress_.total_bytes_estimate;
    if (progress_.done_bytes >= total) return progress_.total_keys_estimate;
    return static_cast<uint64_t>(
        static_cast<double>(progress_.total_keys_estimate) *
        (static_cast<double>(progress_.done_bytes) /
         static_cast<double>(total)));
  }

  Progress progress_;
  const OnProgress on_progress_;
  uint64_t told_bytes_ = 0;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_PROGRESS_H_
