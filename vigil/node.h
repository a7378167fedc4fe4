// Node: one member of a group, in this process.
//
// Reads are local memory on every node. Writes go to the master; on a replica
// they fail and name it (MasterOf). Every process also watches the others, and
// together they promote a replica when the master dies.
//
// Thread-safety: all methods from any thread, from callbacks too.
// Lifetime: the destructor blocks until every call has returned and every
// thread has ended: stop your own threads first. Never destroy a node in its
// callback.
#ifndef VIGIL_NODE_H_
#define VIGIL_NODE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "vigil/options.h"
#include "vigil/status.h"

namespace vigil {

// When a write returns, and so what its success means.
enum class Ack {
  kMemory,  // applied on the master. A crash of the master may lose it.
  kDisk,  // synced to the master's disk. Its crash or a power cut does not lose
          // it; a failover to a replica that had not received it does.
  kQuorum,  // held by a majority of the members in the present epoch. No
            // failover loses it, as long as a majority keeps its data.
};

// Where a write stands in the log.
struct Receipt {
  uint64_t epoch = 0;  // number of the epoch that wrote it
  uint64_t index = 0;
  Ack reached = Ack::kMemory;
  friend bool operator==(const Receipt&, const Receipt&) = default;
};

struct WriteOptions {
  Ack ack = Ack::kMemory;
  // How long the call may wait for its Ack. After that the outcome is unknown.
  absl::Duration timeout = absl::Seconds(5);
};

struct SetOptions {
  // The key disappears this long after the master accepted the write. Zero:
  // never. Unit in the log: milliseconds.
  absl::Duration ttl = absl::ZeroDuration();
  Ack ack = Ack::kMemory;
  absl::Duration timeout = absl::Seconds(5);
};

struct Value {
  std::string data;
  uint64_t version = 0;  // index of the write that made it
  absl::Time expires_at = absl::InfiniteFuture();
};

struct DeleteResult {
  bool existed = false;
  Receipt receipt;  // if nothing was there: the log's end
};

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
  static absl::StatusOr<std::unique_ptr<Node>> Open(const Options& options);
  virtual ~Node() = default;
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // Sets `key` to `value`. OK means what `options.ack` says.
  //   kFailedPrecondition  not the master; nothing was applied; MasterOf(status)
  //   kUnavailable         kQuorum, and too few members are in reach; nothing
  //                        was applied; retry later
  //   kInvalidArgument     key empty or too long, value too long, negative ttl,
  //                        or kDisk without a data_dir; nothing was applied
  //   kResourceExhausted   the disk is behind; nothing was applied; back off
  //   kDeadlineExceeded    applied here, but its Ack was not reached in time, or
  //                        this node lost its role: the outcome is unknown;
  //                        ReceiptOf(status)
  //   kInternal            the storage failed; writes are refused from now on.
  //                        With a ReceiptOf(status) this one was applied here,
  //                        and its outcome is unknown; else nothing was applied
  virtual absl::StatusOr<Receipt> Set(std::string_view key,
                                      std::string_view value,
                                      const SetOptions& options = {}) = 0;

  // Deletes `key`. Not an error if there is none. Errors as for Set.
  virtual absl::StatusOr<DeleteResult> Delete(
      std::string_view key, const WriteOptions& options = {}) = 0;

  // The value of `key` on this node: on a replica perhaps an older one, and for
  // a moment perhaps one that a failover takes back (written below kQuorum).
  // Never waits for disk or network. kNotFound: no such key, or its time is
  // over.
  virtual absl::StatusOr<Value> Get(std::string_view key) const = 0;
  virtual bool Exists(std::string_view key) const = 0;

  // Calls `visit` for every key that exists during the whole call, in no order.
  // Keys written meanwhile may or may not be visited.
  virtual void ForEach(
      const std::function<void(std::string_view key, const Value&)>& visit)
      const = 0;

  virtual NodeStatus status() const = 0;

  // Calls `listener` with the present view at once and with the latest view
  // after each change, one call at a time, on the node's callback thread, under
  // no lock. Level-triggered: a slow listener misses views in between, never
  // the last one.
  [[nodiscard]] virtual Subscription OnRole(
      std::function<void(const RoleView&)> listener) = 0;

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
