// Writes that this node accepted and its group does not have: what a failover costs
// those who did not wait for the quorum, handed back.
//
// A master that is cut off or dies may hold writes that reached no other member in time.
// When it returns, another one leads, and they are taken out of its data: none is kept
// on one node only. They are given to Options::on_dropped_writes and, on a node with a
// data_dir, stay in a file in <data_dir>/dropped until the application removes it.
//
//   options.on_dropped_writes = [](const DroppedWrites& dropped) {
//     for (const DroppedWrite& write : dropped.writes) Reconsider(write);
//   };
//
// They are told when it is certain that they are lost, that is, when the new master has
// committed something. A write that waited for Ack::kQuorum is never among them (except
// after power was lost on too many members at once: protocol.md, the all-N rule).
#ifndef VIGIL_DROPPED_WRITES_H_
#define VIGIL_DROPPED_WRITES_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "vigil/change.h"
#include "vigil/operation.h"

namespace vigil {

// One key of one write. The keys of a batch are several, with the same position.
struct DroppedWrite {
  enum class Kind {
    kSet,      // had this value and expiry, whichever command did it
    kDeleted,  // by a command
    kExpired,  // deleted because its time was over
    kEvicted,  // deleted because memory was needed
    kFlushed,  // the whole database was emptied; no key is named
    kSwapped,  // databases changed their numbers; neither key nor database is named
  };
  Kind kind = Kind::kSet;
  int database =
      0;  // if there was a kSwapped: by the numbers after the last one
  std::string key;
  std::string value;  // of kSet
  absl::Time expires_at = absl::InfiniteFuture();
  LogPosition position;  // that it had: the epoch and index of its receipt
  // kDisk: it was on this node's disk. Else kMemory.
  Ack reached = Ack::kMemory;
};

// What one call of on_dropped_writes brings: some writes of one tail of the log, in
// their order.
struct DroppedWrites {
  std::string file;  // has all of them; empty: this node has no data_dir
  std::vector<DroppedWrite> writes;
  bool more = false;  // of the same tail, in the next call
  // Records of this tail that cannot be told, because the log held them no longer.
  uint64_t unread_records = 0;
};

// Calls visit(write) for each write in a file of dropped writes, in their order.
// kNotFound: no such file. kDataLoss: it is none, or damaged; what was visited until
// then is good.
absl::Status ReadDroppedWrites(
    const std::string& file,
    const std::function<void(const DroppedWrite&)>& visit);

}  // namespace vigil

#endif  // VIGIL_DROPPED_WRITES_H_
