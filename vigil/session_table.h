// SessionTable: which sessions a master has heard of lately, so that their number, and with
// it what the group remembers of them, is bounded.
//
// A new master knows none: until their entries have expired there may be twice as many.
//
// Pure. Time: told. Thread-compatible.
#ifndef VIGIL_SESSION_TABLE_H_
#define VIGIL_SESSION_TABLE_H_

#include <cstddef>
#include <map>

#include "engine/base/clock.h"
#include "vigil/write_session.h"

namespace vigil {

// A node takes a new one at each start: so many starts in an hour are no operation any
// more. Some 25 MB of entries, unless most outcomes are large (write_session.h).
inline constexpr size_t kSessionsMax = 1000;

class SessionTable {
 public:
  explicit SessionTable(size_t max = kSessionsMax) : max_(max) {}

  // False: there are too many others.
  bool Admit(const SessionId& session, MonoTime now) {
    const auto known = heard_.find(session);
    if (known != heard_.end()) {
      known->second = now;
      return true;
    }
    if (heard_.size() >= max_) {
      std::erase_if(heard_, [now](const auto& each) {
        return now - each.second > kSessionTtl;
      });
      if (heard_.size() >= max_) return false;
    }
    heard_.emplace(session, now);
    return true;
  }
  size_t size() const { return heard_.size(); }

 private:
  const size_t max_;
  std::map<SessionId, MonoTime> heard_;
};

}  // namespace vigil

#endif  // VIGIL_SESSION_TABLE_H_
