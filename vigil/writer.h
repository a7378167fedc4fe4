// Writer: the path of one write: may it, do it, wait for its Ack.
//
// The epoch is read before the write. What is appended afterwards either is of
// that epoch, or the wait finds another epoch and reports an unknown outcome: a
// write is never reported committed under an epoch that it was not written in.
#ifndef VIGIL_WRITER_H_
#define VIGIL_WRITER_H_

#include <functional>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/base/clock.h"
#include "engine/engine.h"
#include "replication/replicator.h"
#include "vigil/node.h"

namespace vigil {

// Thread-safe. `engine`, `replicator` and `clock` outlive it.
class Writer {
 public:
  // `sync_all`: every write waits for the disk, whatever its Ack.
  Writer(engine::Engine& engine, replication::Replicator& replicator,
         const Clock& clock, bool sync_all)
      : engine_(engine),
        replicator_(replicator),
        clock_(clock),
        sync_all_(sync_all) {}

  // kFailedPrecondition stands for "not the master", without saying who is.
  absl::StatusOr<Receipt> Set(std::string_view key, std::string_view value,
                              const SetOptions& options);
  absl::StatusOr<DeleteResult> Delete(std::string_view key,
                                      const WriteOptions& options);

 private:
  // The epoch to write in, or why not.
  absl::StatusOr<Epoch> Admit(Ack ack) const;
  absl::StatusOr<Receipt> Await(Ack ack, const Epoch& epoch, uint64_t index,
                                MonoTime deadline);
  absl::Status AwaitDurable(const Epoch& epoch, uint64_t index,
                            MonoTime deadline);

  engine::Engine& engine_;
  replication::Replicator& replicator_;
  const Clock& clock_;
  const bool sync_all_;
};

}  // namespace vigil

#endif  // VIGIL_WRITER_H_
