// Info: a node's status as text, in the style of Redis' INFO.
//
//   # Replication
//   role:master
//   master_repl_offset:120
//
// Where a field means what it means in Redis it has Redis' name, "slave" included, for
// the tools that read it; an offset is an index of the log, not a number of bytes. What
// Redis has and this has not is left out, never zero. Lines end with '\n'. Keys are
// quoted and escaped.
#ifndef VIGIL_INFO_H_
#define VIGIL_INFO_H_

#include <string>
#include <string_view>

#include "vigil/status.h"

namespace vigil {

// All sections, or the one of this name, in any case: Server, Memory, Persistence, Stats,
// Replication, Forwarding, Sentinel, Errorstats (writes refused), Commandstats, Latencystats,
// Latencyhistogram, Keyspace, Slowlog, Hotkeys, Bigkeys. Empty if there is no such
// section.
std::string InfoText(const NodeStatus& status, std::string_view section = {});

}  // namespace vigil

#endif  // VIGIL_INFO_H_
