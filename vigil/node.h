// Node: one member of a group, in this process.
//
// Reads are local memory on every node. Writes go to the master; on a replica
// they are sent there (Options::forward_writes). Every process also watches the others, and
// together they promote a replica when the master dies.
//
// Thread-safety: all methods from any thread, from callbacks too. Reads and status() do
// not wait; writes wait for what their options say, and no longer than those say.
// Lifetime: stop your own threads first. The destructor waits for the callback that runs
// (what that waits for in a call of this node ends with kCancelled), then for the node's
// threads; after it nothing of the application is called. If the disk
// does not answer for Options::close_timeout it leaves those threads behind: they end, and
// give directory and port free, when the disk answers. What was not synced by then is
// where a crash would have left it. Never destroy a node in its callback.
#ifndef VIGIL_NODE_H_
#define VIGIL_NODE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "vigil/async.h"
#include "vigil/batch.h"
#include "vigil/change.h"
#include "vigil/freshness.h"
#include "vigil/operation.h"
#include "vigil/options.h"
#include "vigil/security.h"
#include "vigil/status.h"
#include "vigil/values.h"
#include "vigil/work.h"

namespace vigil {

// Ends the subscription when destroyed: after that its callback neither runs
// nor starts. (Destroyed inside its own callback, it only does not start
// again.)
class Subscription {
 public:
  Subscription() = default;
  explicit Subscription(std::function<void()> cancel)
      : cancel_(std::move(cancel)) {}
  ~Subscription() { Cancel(); }
  Subscription(Subscription&& other) noexcept
      : cancel_(std::exchange(other.cancel_, nullptr)) {}
  Subscription& operator=(Subscription&& other) noexcept {
    if (this != &other) {
      Cancel();
      cancel_ = std::exchange(other.cancel_, nullptr);
    }
    return *this;
  }
  void Cancel() {
    if (auto cancel = std::exchange(cancel_, nullptr)) cancel();
  }

 private:
  std::function<void()> cancel_;
};

// A value, read where it stands if it is long: nothing is copied then.
// Lifetime: its own. data() stays as it is until the handle is destroyed, whatever
// becomes of the key or of the node; the memory is freed after the last handle.
class PinnedValue {
 public:
  PinnedValue() = default;
  std::string_view data() const { return data_; }
  uint64_t version() const { return version_; }
  absl::Time expires_at() const { return expires_at_; }

 private:
  friend class NodeImpl;
  std::shared_ptr<const void> keep_;
  std::string_view data_;
  uint64_t version_ = 0;
  absl::Time expires_at_ = absl::InfiniteFuture();
};

class Node {
 public:
  // Loads the data and joins the group. Returns as soon as the node can be read
  // and reached; a master may not be known yet.
  //   kInvalidArgument     an option is out of range
  //   kUnavailable         the address cannot be listened on
  //   kFailedPrecondition  the directory is in use, or belongs to another group
  //                        or node, or to a group with other members
  //   kPermissionDenied    the directory cannot be created or written
  //   kDataLoss            the directory is damaged; nothing in it was changed
  //   kInternal            the disk failed
  //   kDeadlineExceeded    work.timeout has passed; kCancelled: work.cancel. What was
  //                        begun is taken apart; until the disk answers the directory
  //                        may be in use
  static absl::StatusOr<std::unique_ptr<Node>> Open(
      const Options& options, const WorkOptions& work = {});
  virtual ~Node() = default;
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // --- Writes, done by the master, wherever they are called. OK means what `options.ack`
  // says; then the change is also visible to every read on this node. (On a replica that
  // is more than a second behind it is not yet: Freshness::AtLeast(receipt) waits.)
  //
  // A write on a replica is forwarded, and applied once, whatever connections and masters
  // break meanwhile; it waits for a master as long as its time-out. Those of one thread
  // reach a master in the order of the calls; a failover may change that of those that are
  // under way. Errors, of all writes:
  //   kFailedPrecondition  not the master, and forward_writes is off, or the time-out zero;
  //                        nothing was applied; MasterOf(status)
  //   kUnavailable         kQuorum or kQuorumDurable, and too few members are in
  //                        reach; or fewer good replicas than min_replicas_to_write;
  //                        or forwarded, and no master was found in time;
  //                        nothing was applied; retry later
  //   kInvalidArgument     key empty or too long, value too long, an option out of
  //                        its range, kDisk or kQuorumDurable without a data_dir,
  //                        or kReplicas of more than there are; nothing was applied
  //   kResourceExhausted   the write takes memory, of which max_memory leaves none
  //                        and nothing can be evicted; or for all of the time-out
  //                        the disk was behind, or the memory of large values that
  //                        have gone was not returned yet, or a max_unreplicated_
  //                        bound was reached; or more is being forwarded than
  //                        async_operations_max, or log_memory_bytes; nothing was
  //                        applied; back off
  //   kDeadlineExceeded    applied, but its Ack was not reached in time, or
  //                        this node lost its role; or forwarded, and no answer came
  //                        in time: the outcome is unknown; ReceiptOf(status), if it
  //                        is known to have been applied
  //   kCancelled           the node is being destroyed. With a ReceiptOf(status) this one
  //                        was applied, and its outcome is unknown; of one that was
  //                        forwarded the message says so; else nothing was applied
  //   kInternal            the storage failed; writes are refused from now on.
  //                        With a ReceiptOf(status) this one was applied here,
  //                        and its outcome is unknown; else nothing was applied
  // A write whose condition does not hold is no error: `applied` is false. (In a batch
  // it is: there all or nothing is done.) With kQuorum and
  // kQuorumDurable what was found is not taken back by a failover either: its answer, also
  // kAborted, kNotFound and kOutOfRange, waits as a write does, for an empty record, and a
  // time-out then has no receipt. A time-out of zero or less does not wait. What
  // comes to nothing for its condition, or is not valid, evicts nobody. Room is made
  // before a write is applied, as in Redis, and any key may go for it, this one too: then
  // it is decided anew, as of a key that is not there.

  virtual absl::StatusOr<SetResult> Set(std::string_view key,
                                        std::string_view value,
                                        const SetOptions& options = {}) = 0;
  virtual absl::StatusOr<DeleteResult> Delete(
      std::string_view key, const WriteOptions& options = {}) = 0;
  // All at once, as a batch. A key that is named twice counts once; no keys are no error.
  virtual absl::StatusOr<DeleteManyResult> DeleteMany(
      const std::vector<std::string_view>& keys,
      const WriteOptions& options = {}) = 0;

  // Adds to a decimal number; a key that is not there counts as 0. Keeps the expiry.
  //   kInvalidArgument  also: the value is not a 64-bit integer, or not a number
  //   kOutOfRange       the sum would not be one, or not finite; nothing was applied
  virtual absl::StatusOr<IncrementResult> Increment(
      std::string_view key, int64_t delta = 1,
      const WriteOptions& options = {}) = 0;
  virtual absl::StatusOr<IncrementFloatResult> IncrementFloat(
      std::string_view key, double delta, const WriteOptions& options = {}) = 0;

  // Writes behind the end of the value, or from byte `offset` on, where a gap is
  // filled with zero bytes. Keep the expiry; make the key if it is not there. SetRange of
  // an empty value writes nothing and makes no key, Append of one does.
  virtual absl::StatusOr<SizeResult> Append(
      std::string_view key, std::string_view value,
      const WriteOptions& options = {}) = 0;
  virtual absl::StatusOr<SizeResult> SetRange(
      std::string_view key, uint64_t offset, std::string_view value,
      const WriteOptions& options = {}) = 0;

  // Gives the key another name, in place of what has that name, with its expiry and a
  // new version. Its own name: nothing changes, and `applied` is true.
  // kNotFound: there is no such key.
  virtual absl::StatusOr<ChangeResult> Rename(
      std::string_view key, std::string_view new_key,
      const RenameOptions& options = {}) = 0;

  // The key disappears after `ttl`, or at `at`; it is deleted at once if that is past,
  // as it is for a `ttl` of zero or less; infinite: it stays for ever. Not applied if
  // there is no such key, the condition does not hold, or it stays for ever already. The
  // value gets a new version, unless that is its expiry already: then nothing changes,
  // and `applied` is true. Unit: milliseconds, rounded up.
  virtual absl::StatusOr<ChangeResult> Expire(
      std::string_view key, absl::Duration ttl,
      const ExpireOptions& options = {}) = 0;
  virtual absl::StatusOr<ChangeResult> ExpireAt(
      std::string_view key, absl::Time at,
      const ExpireOptions& options = {}) = 0;
  // The key stays for ever. Not applied if it would anyway, or is not there.
  virtual absl::StatusOr<ChangeResult> Persist(
      std::string_view key, const WriteOptions& options = {}) = 0;

  // All of `batch` or nothing (options.database is not used: see Batch::In).
  //   kAborted   a condition does not hold; nothing was applied
  //   kNotFound  a Rename of a key that is not there; nothing was applied
  //   others     as above, and those of the operations; nothing was applied where
  //              it says so there
  // Its effects together, some bytes each for what stands around them, may have
  // 2 * key_bytes_max + value_bytes_max bytes; more is kInvalidArgument. On a replica so is
  // what takes more than a message may have: a hundred thousand short keys, say.
  virtual absl::StatusOr<BatchResult> Write(
      const Batch& batch, const WriteOptions& options = {}) = 0;

  // Empties a database, or all of them, at once for every reader; memory comes back
  // in the background.
  virtual absl::StatusOr<Receipt> FlushDatabase(
      const WriteOptions& options = {}) = 0;
  virtual absl::StatusOr<Receipt> FlushAll(
      const WriteOptions& options = {}) = 0;
  // Each database has the other's keys afterwards, at once. A write that runs at the
  // same time may go to either.
  virtual absl::StatusOr<Receipt> SwapDatabases(
      int a, int b, const WriteOptions& options = {}) = 0;

  // Waits until a write has reached `ack`, which is more than it had when it returned.
  // Returns its receipt with that in `reached`; kMemory is answered at once.
  // On a replica the master is asked.
  //   kFailedPrecondition  the master, or this node if nothing is forwarded, is no longer
  //                        the one of that epoch; the outcome is unknown
  //   others               as for a write, which is applied already
  virtual absl::StatusOr<Receipt> Wait(
      const Receipt& receipt, Ack ack,
      absl::Duration timeout = absl::Seconds(5)) = 0;

  // The same without waiting: async.h. Lifetime: the node's.
  virtual Async& async() = 0;

  // --- Reads, of this node: on a replica perhaps of an older value, and for a moment
  // perhaps of one that a failover takes back (written below kQuorum). They never
  // wait for disk or network. A key whose time is over is not found. To be sure of more:
  // Read(), below.

  // kNotFound: no such key.
  virtual absl::StatusOr<Value> Get(std::string_view key,
                                    const ReadOptions& options = {}) const = 0;
  // Likewise without a copy. Worth it for values above a few KiB.
  virtual absl::StatusOr<PinnedValue> GetPinned(
      std::string_view key, const ReadOptions& options = {}) const = 0;
  // As many answers as keys, in their order, all of one moment: no batch is seen in half.
  // Keys may repeat, and there may be none. Quicker than as many Gets, because their cache
  // misses overlap, and the values lie together.
  virtual Values GetMany(const std::vector<std::string_view>& keys,
                         const ReadOptions& options = {}) const = 0;
  // `length` bytes of the value from `offset` on, fewer at its end, none behind it.
  // kNotFound: no such key.
  virtual absl::StatusOr<std::string> GetRange(
      std::string_view key, uint64_t offset, uint64_t length,
      const ReadOptions& options = {}) const = 0;
  virtual bool Exists(std::string_view key,
                      const ReadOptions& options = {}) const = 0;
  // Type, size, version and expiry. kNotFound: no such key.
  virtual absl::StatusOr<KeyInfo> Inspect(
      std::string_view key, const ReadOptions& options = {}) const = 0;
  // What is left: infinite if it never expires. kNotFound: no such key.
  virtual absl::StatusOr<absl::Duration> TimeToLive(
      std::string_view key, const ReadOptions& options = {}) const = 0;
  // Counts as a read of the key, for the eviction policy; the three above do not, as in
  // Redis. Whether it is there.
  virtual bool Touch(std::string_view key,
                     const ReadOptions& options = {}) const = 0;

  // Some keys, and a cursor for more. A key that is there during the whole scan is
  // returned, whatever else comes and goes, and however the store grows; one may be
  // returned twice. A page may be empty before the end. A cursor is good until the node
  // is destroyed, and on that node only: another one begins somewhere.
  // kInvalidArgument: `type` is no value of ValueType. (One that no key has yet finds none.)
  virtual absl::StatusOr<ScanPage> Scan(
      const ScanOptions& options = {}) const = 0;
  // Looks through the store until it meets one of the database: long, if that has a
  // small part of the keys. kNotFound: the database is empty.
  virtual absl::StatusOr<std::string> RandomKey(
      const ReadOptions& options = {}) const = 0;
  // Keys whose time is over count until the master has deleted them.
  virtual uint64_t KeyCount(const ReadOptions& options = {}) const = 0;

  // Calls `visit`, under no lock, for every key that exists during the whole call,
  // in no order. Keys written meanwhile may or may not be visited.
  virtual void ForEach(
      const std::function<void(std::string_view key, const Value&)>& visit,
      const ReadOptions& options = {}) const = 0;

  // Calls `read`, which may read anything of this node, when what it sees is as fresh as
  // asked for (freshness.h), and tells what it saw: a token for Freshness::AtLeast, on
  // any node. Linearizable: each read in it is, and what it saw does not count unless
  // this returns OK; each time the master changes meanwhile `read` is called again.
  // It is called on the caller's thread, under no lock.
  //   kUnavailable       no master is in reach, or it is out of reach of a quorum
  //   kDeadlineExceeded  not as fresh within `timeout`
  //   kAborted           kAtLeast: a failover has lost that write
  //   kResourceExhausted thousands of such reads wait already, behind a disk that hangs
  virtual absl::StatusOr<ReadPoint> Read(
      const Freshness& freshness, const std::function<void()>& read,
      absl::Duration timeout = absl::Seconds(5)) const = 0;
  // Of one key. Errors of both; kNotFound is as fresh an answer as a value.
  absl::StatusOr<Value> Get(std::string_view key, const Freshness& freshness,
                            const ReadOptions& options = {},
                            absl::Duration timeout = absl::Seconds(5)) const {
    absl::StatusOr<Value> value = absl::InternalError("not read");
    const absl::StatusOr<ReadPoint> point = Read(
        freshness, [&] { value = Get(key, options); }, timeout);
    if (!point.ok()) return point.status();
    return value;
  }

  // Copies everything that is persisted to the new directory `dir`, on this machine,
  // while reads and writes go on. See vigil/backup.h.
  //   kFailedPrecondition  `dir` holds something, or its parent is not there; or this
  //                        node has no data_dir
  //   kAborted             the role changed meanwhile; nothing is left; try again
  //   kInternal            the disk failed; nothing is left
  //   kUnavailable         another backup of this node is under way, or was given up and
  //                        the disk does not answer; try again later
  //   kDeadlineExceeded    options.timeout has passed; kCancelled: options.cancel, or the
  //                        node is being destroyed. Nothing is left, or it goes as soon as
  //                        the disk answers
  virtual absl::Status Backup(const std::string& dir,
                              const WorkOptions& options = {}) = 0;

  // Replaces Options::security: connections that begin now use the new certificates and
  // secrets, and whoever was let in under the old ones has to be let in anew before its
  // next call. Streams that are open stay open, of whom the new ones refuse, too, until
  // they end.
  //   kInvalidArgument     as of Open: what is given, or cannot be read, or does not fit
  //                        together; nothing is changed
  //   kFailedPrecondition  TLS, or its client_certificates, would be switched on or off
  // Waits for the files that it is given to be read, and for nothing else: it has no
  // time-out, and a file system that hangs holds it.
  virtual absl::Status UpdateSecurity(const SecurityOptions& security) = 0;

  // --- Members, changed at run time by the master; NodeStatus::members shows them. A
  // change is recorded in the log, survives every failover once it is made, and keeps
  // every promise of the Acks at each moment of it. One at a time. The new node is opened
  // with Options::join (or, if it has lost its identity, as it was before), follows the
  // master, and is waited for until it has caught up. Writes go on meanwhile. OK means
  // that the change is made, and committed.
  //   kFailedPrecondition  not the master; MasterOf(status); nothing was changed
  //   kNotFound            there is none of this name
  //   kAlreadyExists       it is that already
  //   kInvalidArgument     there would be more than 7 members, or none, or more than 32
  //                        read replicas
  //   kUnavailable         another change is under way; or until the time-out the new node
  //                        did not follow this one, or had not caught up, or too few
  //                        members were in reach; nothing was changed; try again
  //   kDeadlineExceeded    it has begun, and is not committed in time, or this node lost its
  //                        role: the outcome is unknown, and NodeStatus::members tells it
  //   kCancelled           likewise: the node is being destroyed

  // A newcomer or a read replica becomes a voting member.
  virtual absl::Status AddMember(
      const std::string& name, absl::Duration timeout = absl::Seconds(60)) = 0;
  // A newcomer becomes a read replica: it follows, serves reads, forwards writes, counts
  // for no Ack, and is never promoted.
  virtual absl::Status AddReadReplica(
      const std::string& name, absl::Duration timeout = absl::Seconds(60)) = 0;
  // A member or a read replica goes. It may be down, as long as a majority of those
  // before and of those after is there. A master that removes itself steps down when it
  // is done. A node that was removed goes on as a newcomer; destroy it.
  virtual absl::Status RemoveMember(
      const std::string& name, absl::Duration timeout = absl::Seconds(60)) = 0;
  // A newcomer takes the place of a member in one change, for example of one whose disk is
  // gone; that the number of members never differs keeps the quorums small. `newcomer` may
  // be `name` itself: a node that was opened again without the data it had.
  virtual absl::Status ReplaceMember(
      const std::string& name, const std::string& newcomer,
      absl::Duration timeout = absl::Seconds(60)) = 0;

  virtual NodeStatus status() const = 0;

  // Calls `listener` with the present view at once and with the latest view
  // after each change, one call at a time, on the node's callback thread, under
  // no lock. Level-triggered: a slow listener misses views in between, never
  // the last one.
  [[nodiscard]] virtual Subscription OnRole(
      std::function<void(const RoleView&)> listener) = 0;

  // Calls `callback` with the changes of keys in the order of the log, in bounded groups,
  // one call at a time, on the node's callback thread, under no lock. On every node,
  // replicas too. A slow callback falls behind in the log and misses nothing, until the
  // log (in memory, then on disk) no longer holds what comes next: then it is told the
  // gap, and goes on after it. By default only what a quorum holds is told, so nothing
  // that was told is ever taken back. During a full sync nothing is told.
  //   kInvalidArgument  an option is out of range
  virtual absl::StatusOr<Subscription> Watch(
      const WatchOptions& options,
      std::function<void(const ChangeBatch&)> callback) = 0;

 protected:
  Node() = default;
};

// The master's name and address, out of a status that says "not the master";
// nullopt when the status says something else or no master is known.
struct MasterHint {
  std::string name;
  std::string address;
};
std::optional<MasterHint> MasterOf(const absl::Status& status);

// Where a write stands whose outcome is unknown.
std::optional<Receipt> ReceiptOf(const absl::Status& status);

}  // namespace vigil

#endif  // VIGIL_NODE_H_
