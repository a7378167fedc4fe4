// Writer: the path of one write: may it, do it, wait for its Ack.
//
//   application's terms ─▶ may it? ─▶ engine ─▶ Written ─▶ Await      (this thread)
//                                                   └────▶ AckWatch   (asynchronous)
//
// Every operation is decided and applied here, whoever waits for it then.
//
// The epoch is read before the write. What is appended afterwards either is of
// that epoch, or the wait finds another epoch and reports an unknown outcome: a
// write is never reported committed under an epoch that it was not written in.
//
// What turns out to change nothing waits, too, for the log's end: that a key is not
// there, say, may rest on a delete that is not yet committed.
#ifndef VIGIL_WRITER_H_
#define VIGIL_WRITER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "engine/base/clock.h"
#include "engine/engine.h"
#include "replication/replicator.h"
#include "vigil/ack.h"
#include "vigil/batch.h"
#include "vigil/operation.h"
#include "vigil/write_bounds.h"
#include "vigil/write_meter.h"

namespace vigil {

// What a write does while the log, or a bound of what is not replicated, has no room
// for it.
enum class Room {
  kAwait,   // waits, up to its time-out
  kRefuse,  // kResourceExhausted at once
};

// How a write is done.
struct Way {
  Way(Room of, engine::Note* with = nullptr)  // NOLINT: a Room is a Way.
      : room(of), note(with) {}
  Room room;
  engine::Note* note;  // goes with it; null: there is none
};

// A write that is applied. `result` is complete but for its receipt, which the wait
// for `ack` brings.
template <typename Result>
struct Written {
  Result result;
  PendingAck ack;
  MonoTime deadline;  // of that wait
};
template <typename Result>
using WrittenOr = absl::StatusOr<Written<Result>>;

inline Receipt& ReceiptIn(Receipt& receipt) { return receipt; }
template <typename Result>
Receipt& ReceiptIn(Result& result) {
  return result.receipt;
}

struct WriterOptions {
  bool sync_all = false;  // every write waits for the disk, whatever its Ack
  int databases = 16;
  WriteBounds bounds;
  // What a node that is not the master refuses is forwarded: it counts as refused only if
  // that fails.
  bool forwards = false;
};

// Thread-safe. `engine`, `replicator` and `clock` outlive it.
class Writer {
 public:
  // `not_master`: the error that names the master.
  Writer(engine::Engine& engine, replication::Replicator& replicator,
         const Clock& clock, const WriterOptions& options,
         std::function<absl::Status()> not_master)
      : engine_(engine),
        replicator_(replicator),
        clock_(clock),
        options_(options),
        not_master_(std::move(not_master)) {}

  // --- The operations of vigil::Node. On error nothing was applied.
  WrittenOr<SetResult> Set(std::string_view key, std::string_view value,
                           const SetOptions& options, const Way& way);
  WrittenOr<DeleteResult> Delete(std::string_view key,
                                 const WriteOptions& options, const Way& way);
  WrittenOr<DeleteManyResult> DeleteMany(
      const std::vector<std::string_view>& keys, const WriteOptions& options,
      const Way& way);
  WrittenOr<IncrementResult> Increment(std::string_view key, int64_t delta,
                                       const WriteOptions& options,
                                       const Way& way);
  WrittenOr<IncrementFloatResult> IncrementFloat(std::string_view key,
                                                 double delta,
                                                 const WriteOptions& options,
                                                 const Way& way);
  WrittenOr<SizeResult> Append(std::string_view key, std::string_view value,
                               const WriteOptions& options, const Way& way);
  WrittenOr<SizeResult> SetRange(std::string_view key, uint64_t offset,
                                 std::string_view value,
                                 const WriteOptions& options, const Way& way);
  WrittenOr<ChangeResult> Rename(std::string_view key, std::string_view new_key,
                                 const RenameOptions& options, const Way& way);
  WrittenOr<ChangeResult> Expire(std::string_view key, absl::Duration ttl,
                                 const ExpireOptions& options, const Way& way);
  WrittenOr<ChangeResult> ExpireAt(std::string_view key, absl::Time at,
                                   const ExpireOptions& options,
                                   const Way& way);
  WrittenOr<ChangeResult> Persist(std::string_view key,
                                  const WriteOptions& options, const Way& way);
  WrittenOr<BatchResult> Write(const Batch& batch, const WriteOptions& options,
                               const Way& way);
  WrittenOr<Receipt> FlushDatabase(const WriteOptions& options, const Way& way);
  WrittenOr<Receipt> FlushAll(const WriteOptions& options, const Way& way);
  WrittenOr<Receipt> SwapDatabases(int a, int b, const WriteOptions& options,
                                   const Way& way);
  // The wait for the Ack of a record that was written before, whoever wrote it: it counts
  // as one of the present epoch. Errors as those of a write that is not applied.
  WrittenOr<Receipt> Rejoin(uint64_t index, Ack ack, absl::Duration timeout);
  // Of a write that was applied long ago.
  WrittenOr<Receipt> Wait(const Receipt& receipt, Ack ack,
                          absl::Duration timeout);

  // From now on no write is begun, and none waits: kCancelled, with a receipt if it is
  // applied. So a callback that is in a write comes back to the executor.
  void Close();

  UnreplicatedStatus unreplicated() const;
  // With what the engine has counted.
  BackPressureStatus back_pressure(const engine::WritePressure& engine) const {
    return meter_.Read(engine);
  }

  // --- The wait.
  AckProgress progress() const;
  template <typename Result>
  absl::StatusOr<Result> Await(WrittenOr<Result> written) {
    if (!written.ok()) return std::move(written).status();
    absl::StatusOr<Receipt> receipt = AwaitAck(written->ack, written->deadline);
    if (!receipt.ok()) return std::move(receipt).status();
    ReceiptIn(written->result) = *receipt;
    return std::move(written->result);
  }

 private:
  struct Goal {
    Ack ack;
    absl::Duration timeout;
    Way way;
  };

  // Does what(deadline, result), which returns the record's index, or 0 if nothing
  // changed.
  template <typename Result>
  WrittenOr<Result> Apply(
      const Goal& goal,
      absl::FunctionRef<absl::StatusOr<uint64_t>(MonoTime, Result&)> what);
  // Whether an error of what was found waits for its Ack as a write does.
  static bool WaitsForVerdict(const absl::Status& verdict, const Goal& goal);
  // What to wait for when nothing changed.
  absl::StatusOr<uint64_t> AfterNothing(const Goal& goal, MonoTime room_by);
  // Does one mutation; `shape` makes the result.
  template <typename Result>
  WrittenOr<Result> Mutate(
      engine::Mutation mutation, const WriteOptions& options, const Way& way,
      absl::FunctionRef<Result(engine::MutationResult&&)> shape);
  WrittenOr<ChangeResult> Change(const engine::Mutation& mutation,
                                 const WriteOptions& options, const Way& way);
  WrittenOr<SizeResult> Resize(const engine::Mutation& mutation,
                               const WriteOptions& options, const Way& way);
  WrittenOr<Receipt> Flush(const std::vector<int>& databases,
                           const WriteOptions& options, const Way& way);

  void Count(const absl::Status& refused);
  // The epoch to write in, or why not: as soon as the bounds allow another write.
  absl::StatusOr<Epoch> Admit(const Goal& goal, MonoTime deadline);
  UnreplicatedStatus Unreplicated(const replication::WriteTerms& terms) const;
  // The same whatever the bounds and the replicas.
  absl::StatusOr<Epoch> CheckAck(Ack ack,
                                 const replication::WriteTerms& terms) const;
  PendingAck AckOf(Ack ack, const Epoch& epoch, uint64_t index);
  absl::StatusOr<Receipt> AwaitAck(PendingAck ack, MonoTime deadline);
  absl::Status CheckDatabase(int database) const;
  absl::StatusOr<engine::Mutation> ToMutation(const Batch::Operation& from);

  engine::Engine& engine_;
  replication::Replicator& replicator_;
  const Clock& clock_;
  const WriterOptions options_;
  const std::function<absl::Status()> not_master_;
  WriteMeter meter_;
  std::atomic<bool> closed_{false};
};

}  // namespace vigil

#endif  // VIGIL_WRITER_H_
