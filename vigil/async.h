// Async: the calls of a Node that wait, without a thread that waits for them.
//
//   node->async().Set("cart:42", cart, {.ack = vigil::Ack::kQuorum},
//                     [](absl::StatusOr<vigil::SetResult> result) { ... });
//
// A call on the master decides and applies the write as the Node's own method does: on the
// caller's thread, before it returns. On a replica it sends it to the master, and returns.
// It never blocks: if the log has no room at this moment, or a max_unreplicated_ bound is
// reached, the answer is kResourceExhausted, and nothing was applied. Only the wait for the
// Ack goes on without the caller, until its time-out.
//
// A call is accepted or not, and says so by what it returns. One that is not accepted has
// done nothing, and its `done` is destroyed without being called: AsyncOperation::status.
// Of one that is accepted `done` is called exactly once, with the result or an error of
// whatever kind, on the node's callback thread and under no lock of the node: so the
// caller may hold a lock that `done` takes. Answers may come in another order than the
// calls, and before the call has returned. `done` may be empty.
//
// Arguments, options and results are those of the method of the same name in node.h, and
// so are the errors, with one more:
//   kCancelled  applied here or forwarded, then Cancel() was called or the node destroyed:
//               the outcome is unknown, unless the message says that nothing was applied;
//               ReceiptOf(status), if it was applied here
//
// When the node is destroyed, whoever still waits is told kCancelled, before the
// destructor returns.
//
// Thread-safety: all methods from any thread, from callbacks too.
// Lifetime: of the node.
#ifndef VIGIL_ASYNC_H_
#define VIGIL_ASYNC_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "vigil/batch.h"
#include "vigil/freshness.h"
#include "vigil/operation.h"
#include "vigil/work.h"

namespace vigil {

class Cancellable;

// What a call has begun. Copies stand for the same one; destroying it means nothing.
// Thread-safety: thread-compatible. Lifetime: may outlive the node.
class [[nodiscard]] AsyncOperation {
 public:
  AsyncOperation() = default;

  // OK: accepted. Else nothing was applied, and nobody is called:
  //   kResourceExhausted  Options::async_operations_max operations are outstanding or
  //                       not told yet; wait for some to end
  //   kCancelled          the node is being destroyed
  const absl::Status& status() const { return status_; }
  bool accepted() const { return status_.ok(); }

  // Ends the waiting, never the write; a backup, too, is given up. `done` is told
  // kCancelled, soon. Nothing if it has its answer already.
  void Cancel() const;

 private:
  friend class AsyncWriter;
  explicit AsyncOperation(absl::Status status) : status_(std::move(status)) {}
  AsyncOperation(std::weak_ptr<Cancellable> waits, uint64_t number)
      : waits_(std::move(waits)), number_(number) {}

  absl::Status status_;
  std::weak_ptr<Cancellable> waits_;
  uint64_t number_ = 0;
};

class Async {
 public:
  template <typename Result>
  using Done = std::function<void(absl::StatusOr<Result>)>;

  virtual ~Async() = default;
  Async(const Async&) = delete;
  Async& operator=(const Async&) = delete;

  virtual AsyncOperation Set(std::string_view key, std::string_view value,
                             const SetOptions& options,
                             Done<SetResult> done) = 0;
  virtual AsyncOperation Delete(std::string_view key,
                                const WriteOptions& options,
                                Done<DeleteResult> done) = 0;
  virtual AsyncOperation DeleteMany(const std::vector<std::string_view>& keys,
                                    const WriteOptions& options,
                                    Done<DeleteManyResult> done) = 0;
  virtual AsyncOperation Increment(std::string_view key, int64_t delta,
                                   const WriteOptions& options,
                                   Done<IncrementResult> done) = 0;
  virtual AsyncOperation IncrementFloat(std::string_view key, double delta,
                                        const WriteOptions& options,
                                        Done<IncrementFloatResult> done) = 0;
  virtual AsyncOperation Append(std::string_view key, std::string_view value,
                                const WriteOptions& options,
                                Done<SizeResult> done) = 0;
  virtual AsyncOperation SetRange(std::string_view key, uint64_t offset,
                                  std::string_view value,
                                  const WriteOptions& options,
                                  Done<SizeResult> done) = 0;
  virtual AsyncOperation Rename(std::string_view key, std::string_view new_key,
                                const RenameOptions& options,
                                Done<ChangeResult> done) = 0;
  virtual AsyncOperation Expire(std::string_view key, absl::Duration ttl,
                                const ExpireOptions& options,
                                Done<ChangeResult> done) = 0;
  virtual AsyncOperation ExpireAt(std::string_view key, absl::Time at,
                                  const ExpireOptions& options,
                                  Done<ChangeResult> done) = 0;
  virtual AsyncOperation Persist(std::string_view key,
                                 const WriteOptions& options,
                                 Done<ChangeResult> done) = 0;
  virtual AsyncOperation Write(const Batch& batch, const WriteOptions& options,
                               Done<BatchResult> done) = 0;
  virtual AsyncOperation FlushDatabase(const WriteOptions& options,
                                       Done<Receipt> done) = 0;
  virtual AsyncOperation FlushAll(const WriteOptions& options,
                                  Done<Receipt> done) = 0;
  virtual AsyncOperation SwapDatabases(int a, int b,
                                       const WriteOptions& options,
                                       Done<Receipt> done) = 0;
  virtual AsyncOperation Wait(const Receipt& receipt, Ack ack,
                              absl::Duration timeout, Done<Receipt> done) = 0;

  // As Node::Read; `read` runs on the node's callback thread, too. At the end of the
  // time-out it is told to within a heartbeat.
  virtual AsyncOperation Read(const Freshness& freshness,
                              std::function<void()> read,
                              absl::Duration timeout, Done<ReadPoint> done) = 0;

  // Returns before anything is written. kCancelled: given up; nothing is left of it.
  virtual AsyncOperation Backup(const std::string& dir,
                                const WorkOptions& options,
                                std::function<void(absl::Status)> done) = 0;

 protected:
  Async() = default;
};

}  // namespace vigil

#endif  // VIGIL_ASYNC_H_
