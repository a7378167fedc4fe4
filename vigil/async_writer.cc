#include "vigil/async_writer.h"

#include "absl/status/status.h"

namespace vigil {

void AsyncOperation::Cancel() const {
  if (const auto waits = waits_.lock()) waits->Cancel(number_);
}

template <typename Result>
AsyncOperation AsyncWriter::Begin(Done<Result> done, absl::Duration timeout,
                                  absl::FunctionRef<WrittenOr<Result>()> write,
                                  absl::FunctionRef<Command()> command) {
  if (absl::Status place = acks_->TakePlace(); !place.ok())
    return AsyncOperation(std::move(place));
  WrittenOr<Result> written = write();
  if (forwarder_->Takes(written.status(), timeout))
    return Forward(command(), std::move(done));
  if (!written.ok()) {
    acks_->Answer(
        [done = std::move(done)](const absl::StatusOr<Receipt>& answer) {
          if (done) done(answer.status());
        },
        written.status());
    return AsyncOperation(absl::OkStatus());
  }
  auto tell = [done = std::move(done), result = std::move(written->result)](
                  absl::StatusOr<Receipt> answer) mutable {
    if (!done) return;
    if (!answer.ok()) return done(std::move(answer).status());
    ReceiptIn(result) = *answer;
    done(std::move(result));
  };
  return {acks_,
          acks_->Await(written->ack, written->deadline, std::move(tell))};
}

// Its place is given back with its answer.
template <typename Result>
AsyncOperation AsyncWriter::Forward(Command command, Done<Result> done) {
  const auto answer = [acks = acks_, done = std::move(done)](
                          absl::StatusOr<ForwardReply> reply) {
    acks->Answer(
        [done, result = Forwarder::ToResult<Result>(std::move(reply))](
            const absl::StatusOr<Receipt>&) {
          if (done) done(result);
        },
        Receipt{});
  };
  const uint64_t number =
      forwarder_->Begin(std::move(command), /*await_room=*/false, answer);
  return {forwarder_, number};
}

AsyncOperation AsyncWriter::Set(std::string_view key, std::string_view value,
                                const SetOptions& options,
                                Done<SetResult> done) {
  return Begin<SetResult>(
      std::move(done), options.timeout,
      [&] { return writer_.Set(key, value, options, Room::kRefuse); },
      [&] { return Command::Set(key, value, options); });
}

AsyncOperation AsyncWriter::Delete(std::string_view key,
                                   const WriteOptions& options,
                                   Done<DeleteResult> done) {
  return Begin<DeleteResult>(
      std::move(done), options.timeout,
      [&] { return writer_.Delete(key, options, Room::kRefuse); },
      [&] { return Command::Delete(key, options); });
}

AsyncOperation AsyncWriter::DeleteMany(
    const std::vector<std::string_view>& keys, const WriteOptions& options,
    Done<DeleteManyResult> done) {
  return Begin<DeleteManyResult>(
      std::move(done), options.timeout,
      [&] { return writer_.DeleteMany(keys, options, Room::kRefuse); },
      [&] { return Command::DeleteMany(keys, options); });
}

AsyncOperation AsyncWriter::Increment(std::string_view key, int64_t delta,
                                      const WriteOptions& options,
                                      Done<IncrementResult> done) {
  return Begin<IncrementResult>(
      std::move(done), options.timeout,
      [&] { return writer_.Increment(key, delta, options, Room::kRefuse); },
      [&] { return Command::Increment(key, delta, options); });
}

AsyncOperation AsyncWriter::IncrementFloat(std::string_view key, double delta,
                                           const WriteOptions& options,
                                           Done<IncrementFloatResult> done) {
  return Begin<IncrementFloatResult>(
      std::move(done), options.timeout,
      [&] {
        return writer_.IncrementFloat(key, delta, options, Room::kRefuse);
      },
      [&] { return Command::IncrementFloat(key, delta, options); });
}

AsyncOperation AsyncWriter::Append(std::string_view key, std::string_view value,
                                   const WriteOptions& options,
                                   Done<SizeResult> done) {
  return Begin<SizeResult>(
      std::move(done), options.timeout,
      [&] { return writer_.Append(key, value, options, Room::kRefuse); },
      [&] { return Command::Append(key, value, options); });
}

AsyncOperation AsyncWriter::SetRange(std::string_view key, uint64_t offset,
                                     std::string_view value,
                                     const WriteOptions& options,
                                     Done<SizeResult> done) {
  return Begin<SizeResult>(
      std::move(done), options.timeout,
      [&] {
        return writer_.SetRange(key, offset, value, options, Room::kRefuse);
      },
      [&] { return Command::SetRange(key, offset, value, options); });
}

AsyncOperation AsyncWriter::Rename(std::string_view key,
                                   std::string_view new_key,
                                   const RenameOptions& options,
                                   Done<ChangeResult> done) {
  return Begin<ChangeResult>(
      std::move(done), options.timeout,
      [&] { return writer_.Rename(key, new_key, options, Room::kRefuse); },
      [&] { return Command::Rename(key, new_key, options); });
}

AsyncOperation AsyncWriter::Expire(std::string_view key, absl::Duration ttl,
                                   const ExpireOptions& options,
                                   Done<ChangeResult> done) {
  return Begin<ChangeResult>(
      std::move(done), options.timeout,
      [&] { return writer_.Expire(key, ttl, options, Room::kRefuse); },
      [&] { return Command::Expire(key, ttl, options); });
}

AsyncOperation AsyncWriter::ExpireAt(std::string_view key, absl::Time at,
                                     const ExpireOptions& options,
                                     Done<ChangeResult> done) {
  return Begin<ChangeResult>(
      std::move(done), options.timeout,
      [&] { return writer_.ExpireAt(key, at, options, Room::kRefuse); },
      [&] { return Command::ExpireAt(key, at, options); });
}

AsyncOperation AsyncWriter::Persist(std::string_view key,
                                    const WriteOptions& options,
                                    Done<ChangeResult> done) {
  return Begin<ChangeResult>(
      std::move(done), options.timeout,
      [&] { return writer_.Persist(key, options, Room::kRefuse); },
      [&] { return Command::Persist(key, options); });
}

AsyncOperation AsyncWriter::Write(const Batch& batch,
                                  const WriteOptions& options,
                                  Done<BatchResult> done) {
  return Begin<BatchResult>(
      std::move(done), options.timeout,
      [&] { return writer_.Write(batch, options, Room::kRefuse); },
      [&] { return Command::Write(batch, options); });
}

AsyncOperation AsyncWriter::FlushDatabase(const WriteOptions& options,
                                          Done<Receipt> done) {
  return Begin<Receipt>(
      std::move(done), options.timeout,
      [&] { return writer_.FlushDatabase(options, Room::kRefuse); },
      [&] { return Command::FlushDatabase(options); });
}

AsyncOperation AsyncWriter::FlushAll(const WriteOptions& options,
                                     Done<Receipt> done) {
  return Begin<Receipt>(
      std::move(done), options.timeout,
      [&] { return writer_.FlushAll(options, Room::kRefuse); },
      [&] { return Command::FlushAll(options); });
}

AsyncOperation AsyncWriter::SwapDatabases(int a, int b,
                                          const WriteOptions& options,
                                          Done<Receipt> done) {
  return Begin<Receipt>(
      std::move(done), options.timeout,
      [&] { return writer_.SwapDatabases(a, b, options, Room::kRefuse); },
      [&] { return Command::SwapDatabases(a, b, options); });
}

AsyncOperation AsyncWriter::Wait(const Receipt& receipt, Ack ack,
                                 absl::Duration timeout, Done<Receipt> done) {
  return Begin<Receipt>(
      std::move(done), timeout,
      [&] { return writer_.Wait(receipt, ack, timeout); },
      [&] { return Command::Wait(receipt, ack, timeout); });
}

AsyncOperation AsyncWriter::Read(const Freshness& freshness,
                                 std::function<void()> read,
                                 absl::Duration timeout, Done<ReadPoint> done) {
  if (absl::Status place = acks_->TakePlace(); !place.ok())
    return AsyncOperation(std::move(place));
  const uint64_t number = reader_->Begin(
      freshness, std::move(read), timeout,
      [acks = acks_, done = std::move(done)](absl::StatusOr<ReadPoint> result) {
        acks->Answer(
            [done, result = std::move(result)](const absl::StatusOr<Receipt>&) {
              if (done) done(result);
            },
            Receipt{});
      });
  return {reader_, number};
}

AsyncOperation AsyncWriter::Backup(const std::string& dir,
                                   const WorkOptions& options,
                                   std::function<void(absl::Status)> done) {
  if (absl::Status place = acks_->TakePlace(); !place.ok())
    return AsyncOperation(std::move(place));
  const auto answer = [acks = acks_,
                       done = std::move(done)](const absl::Status& made) {
    acks->Answer(
        [done, made](const absl::StatusOr<Receipt>&) {
          if (done) done(made);
        },
        Receipt{});
  };
  const auto begun =
      backups_.Begin(dir, Limit::In(options.timeout, options.cancel), answer);
  if (begun.ok()) return {*begun, 0};
  answer(begun.status());
  return AsyncOperation(absl::OkStatus());
}

}  // namespace vigil
