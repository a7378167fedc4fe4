// SaidLines: keeps a log readable when peers try again and again: a line that was
// said within the last minute is not said again.
//
// Thread-safety: thread-compatible. Memory: bounded.
#ifndef VIGIL_REPLICATION_SAID_LINES_H_
#define VIGIL_REPLICATION_SAID_LINES_H_

#include <cstddef>
#include <map>
#include <string>

#include "absl/time/time.h"
#include "engine/base/clock.h"

namespace vigil::replication {

class SaidLines {
 public:
  static constexpr absl::Duration kQuiet = absl::Minutes(1);
  // More different lines than members can cause: then all are forgotten.
  static constexpr size_t kLinesMax = 100;

  // Whether to say it. If so, it counts as said.
  bool Say(const std::string& line, MonoTime now) {
    const auto said = said_.find(line);
    if (said != said_.end() && now - said->second < kQuiet) return false;
    if (said_.size() >= kLinesMax) said_.clear();
    said_[line] = now;
    return true;
  }

 private:
  std::map<std::string, MonoTime> said_;
};

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_SAID_LINES_H_
