// AsyncWriter: begins a write and leaves the waiting to AckWatch, or all of it to the
// Forwarder, if another node is master; likewise a fresh read
// and a backup, whose places and answers are there, too.
//
// Thread-safe. Lifetime: `writer` and `backups` outlive it.
#ifndef VIGIL_ASYNC_WRITER_H_
#define VIGIL_ASYNC_WRITER_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "vigil/ack_watch.h"
#include "vigil/async.h"
#include "vigil/backups.h"
#include "vigil/command.h"
#include "vigil/forwarder.h"
#include "vigil/fresh_reader.h"
#include "vigil/writer.h"

namespace vigil {

class AsyncWriter final : public Async {
 public:
  AsyncWriter(Writer& writer, std::shared_ptr<Forwarder> forwarder,
              std::shared_ptr<FreshReader> reader, Backups& backups,
              std::shared_ptr<AckWatch> acks)
      : writer_(writer),
        forwarder_(std::move(forwarder)),
        reader_(std::move(reader)),
        backups_(backups),
        acks_(std::move(acks)) {}

  AsyncOperation Set(std::string_view key, std::string_view value,
                     const SetOptions& options, Done<SetResult> done) override;
  AsyncOperation Delete(std::string_view key, const WriteOptions& options,
                        Done<DeleteResult> done) override;
  AsyncOperation DeleteMany(const std::vector<std::string_view>& keys,
                            const WriteOptions& options,
                            Done<DeleteManyResult> done) override;
  AsyncOperation Increment(std::string_view key, int64_t delta,
                           const WriteOptions& options,
                           Done<IncrementResult> done) override;
  AsyncOperation IncrementFloat(std::string_view key, double delta,
                                const WriteOptions& options,
                                Done<IncrementFloatResult> done) override;
  AsyncOperation Append(std::string_view key, std::string_view value,
                        const WriteOptions& options,
                        Done<SizeResult> done) override;
  AsyncOperation SetRange(std::string_view key, uint64_t offset,
                          std::string_view value, const WriteOptions& options,
                          Done<SizeResult> done) override;
  AsyncOperation Rename(std::string_view key, std::string_view new_key,
                        const RenameOptions& options,
                        Done<ChangeResult> done) override;
  AsyncOperation Expire(std::string_view key, absl::Duration ttl,
                        const ExpireOptions& options,
                        Done<ChangeResult> done) override;
  AsyncOperation ExpireAt(std::string_view key, absl::Time at,
                          const ExpireOptions& options,
                          Done<ChangeResult> done) override;
  AsyncOperation Persist(std::string_view key, const WriteOptions& options,
                         Done<ChangeResult> done) override;
  AsyncOperation Write(const Batch& batch, const WriteOptions& options,
                       Done<BatchResult> done) override;
  AsyncOperation FlushDatabase(const WriteOptions& options,
                               Done<Receipt> done) override;
  AsyncOperation FlushAll(const WriteOptions& options,
                          Done<Receipt> done) override;
  AsyncOperation SwapDatabases(int a, int b, const WriteOptions& options,
                               Done<Receipt> done) override;
  AsyncOperation Wait(const Receipt& receipt, Ack ack, absl::Duration timeout,
                      Done<Receipt> done) override;
  AsyncOperation Read(const Freshness& freshness, std::function<void()> read,
                      absl::Duration timeout, Done<ReadPoint> done) override;
  AsyncOperation Backup(const std::string& dir, const WorkOptions& options,
                        std::function<void(absl::Status)> done) override;

 private:
  template <typename Result>
  AsyncOperation Begin(Done<Result> done, absl::Duration timeout,
                       absl::FunctionRef<WrittenOr<Result>()> write,
                       absl::FunctionRef<Command()> command);
  template <typename Result>
  AsyncOperation Forward(Command command, Done<Result> done);

  Writer& writer_;
  const std::shared_ptr<Forwarder> forwarder_;
  const std::shared_ptr<FreshReader> reader_;
  Backups& backups_;
  const std::shared_ptr<AckWatch> acks_;
};

}  // namespace vigil

#endif  // VIGIL_ASYNC_WRITER_H_
