#include "vigil/async_writer.h"

#include "absl/status/status.h"

namespace vigil {

void AsyncOperation::Cancel() const {
  if (const auto waits = waits_.lock()) waits->Cancel(number_);
}

template <typename Result>
AsyncOperation AsyncWriter::Begin(
    Done<Result> done, absl::FunctionRef<WrittenOr<Result>()> write) {
  if (absl::Status place = acks_->TakePlace(); !place.ok())
    return AsyncOperation(std::move(place));
  WrittenOr<Result> written = write();
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

AsyncOperation AsyncWriter::Set(std::string_view key, std::string_view value,
                                const SetOptions& options,
                                Done<SetResult> done) {
  return Begin<SetResult>(std::move(done), [&] {
    return writer_.Set(key, value, options, Room::kRefuse);
  });
}

AsyncOperation AsyncWriter::Delete(std::string_view key,
                                   const WriteOptions& options,
                                   Done<DeleteResult> done) {
  return Begin<DeleteResult>(std::move(done), [&] {
    return writer_.Delete(key, options, Room::kRefuse);
  });
}

AsyncOperation AsyncWriter::DeleteMany(
    const std::vector<std::string_view>& keys, const WriteOptions& options,
    Done<DeleteManyResult> done) {
  return Begin<DeleteManyResult>(std::move(done), [&] {
    return writer_.DeleteMany(keys, options, Room::kRefuse);
  });
}

AsyncOperation AsyncWriter::Increment(std::string_view key, int64_t delta,
                                      const WriteOptions& options,
                                      Done<IncrementResult> done) {
  return Begin<IncrementResult>(std::move(done), [&] {
    return writer_.Increment(key, delta, options, Room::kRefuse);
  });
}

AsyncOperation AsyncWriter::IncrementFloat(std::string_view key, double delta,
                                           const WriteOptions& options,
                                           Done<IncrementFloatResult> done) {
  return Begin<IncrementFloatResult>(std::move(done), [&] {
    return writer_.IncrementFloat(key, delta, options, Room::kRefuse);
  });
}

AsyncOperation AsyncWriter::Append(std::string_view key, std::string_view value,
                                   const WriteOptions& options,
                                   Done<SizeResult> done) {
  return Begin<SizeResult>(std::move(done), [&] {
    return writer_.Append(key, value, options, Room::kRefuse);
  });
}

AsyncOperation AsyncWriter::SetRange(std::string_view key, uint64_t offset,
                                     std::string_view value,
                                     const WriteOptions& options,
                                     Done<SizeResult> done) {
  return Begin<SizeResult>(std::move(done), [&] {
    return writer_.SetRange(key, offset, value, options, Room::kRefuse);
  });
}

AsyncOperation AsyncWriter::Rename(std::string_view key,
                                   std::string_view new_key,
                                   const RenameOptions& options,
                                   Done<ChangeResult> done) {
  return Begin<ChangeResult>(std::move(done), [&] {
    return writer_.Rename(key, new_key, options, Room::kRefuse);
  });
}

AsyncOperation AsyncWriter::Expire(std::string_view key, absl::Duration ttl,
                                   const ExpireOptions& options,
                                   Done<ChangeResult> done) {
  return Begin<ChangeResult>(std::move(done), [&] {
    return writer_.Expire(key, ttl, options, Room::kRefuse);
  });
}

AsyncOperation AsyncWriter::ExpireAt(std::string_view key, absl::Time at,
                                     const ExpireOptions& options,
                                     Done<ChangeResult> done) {
  return Begin<ChangeResult>(std::move(done), [&] {
    return writer_.ExpireAt(key, at, options, Room::kRefuse);
  });
}

AsyncOperation AsyncWriter::Persist(std::string_view key,
                                    const WriteOptions& options,
                                    Done<ChangeResult> done) {
  return Begin<ChangeResult>(std::move(done), [&] {
    return writer_.Persist(key, options, Room::kRefuse);
  });
}

AsyncOperation AsyncWriter::Write(const Batch& batch,
                                  const WriteOptions& options,
                                  Done<BatchResult> done) {
  return Begin<BatchResult>(std::move(done), [&] {
    return writer_.Write(batch, options, Room::kRefuse);
  });
}

AsyncOperation AsyncWriter::FlushDatabase(const WriteOptions& options,
                                          Done<Receipt> done) {
  return Begin<Receipt>(std::move(done), [&] {
    return writer_.FlushDatabase(options, Room::kRefuse);
  });
}

AsyncOperation AsyncWriter::FlushAll(const WriteOptions& options,
                                     Done<Receipt> done) {
  return Begin<Receipt>(std::move(done), [&] {
    return writer_.FlushAll(options, Room::kRefuse);
  });
}

AsyncOperation AsyncWriter::SwapDatabases(int a, int b,
                                          const WriteOptions& options,
                                          Done<Receipt> done) {
  return Begin<Receipt>(std::move(done), [&] {
    return writer_.SwapDatabases(a, b, options, Room::kRefuse);
  });
}

AsyncOperation AsyncWriter::Wait(const Receipt& receipt, Ack ack,
                                 absl::Duration timeout, Done<Receipt> done) {
  return Begin<Receipt>(std::move(done),
                        [&] { return writer_.Wait(receipt, ack, timeout); });
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
