#include "vigil/dropped_writes.h"

#include <utility>

#include "absl/functional/function_ref.h"
#include "engine/databases.h"
#include "engine/record.h"
#include "replication/dropped_reader.h"
#include "vigil/change_cursor.h"
#include "vigil/dropped_feed.h"

namespace vigil {
namespace {

using engine::RecordView;
using replication::DroppedReader;
using replication::DroppedSource;
using replication::DroppedTail;
using Kind = DroppedWrite::Kind;

Kind KindOf(const RecordView& effect) {
  if (effect.database == engine::kOwnDatabase)
    return engine::FlushedBy(effect.key) ? Kind::kFlushed : Kind::kSwapped;
  if (effect.type == engine::RecordType::kSet) return Kind::kSet;
  switch (effect.cause) {
    case engine::Cause::kCommand:
      return Kind::kDeleted;
    case engine::Cause::kExpired:
      return Kind::kExpired;
    case engine::Cause::kEvicted:
      return Kind::kEvicted;
  }
  return Kind::kDeleted;
}

DroppedWrite ToDroppedWrite(const RecordView& effect, const DroppedTail& tail,
                            const engine::DatabaseNumbers& numbers) {
  DroppedWrite write{
      .kind = KindOf(effect),
      .position = ToLogPosition(tail.history.PositionAt(effect.index)),
      .reached = effect.index <= tail.durable ? Ack::kDisk : Ack::kMemory};
  if (write.kind == Kind::kFlushed) {
    write.database = numbers.Logical(*engine::FlushedBy(effect.key));
  } else if (write.kind != Kind::kSwapped) {
    write.database = numbers.Logical(effect.database);
    write.key = effect.key;
    write.value = effect.value;
    if (effect.expires_at != WallTime{})
      write.expires_at = absl::FromUnixMillis(effect.expires_at.ms);
  }
  return write;
}

// Calls visit(write, its bytes) for each.
absl::Status Read(const DroppedSource& source,
                  absl::FunctionRef<void(uint64_t unread)> begin,
                  absl::FunctionRef<void(DroppedWrite)> visit) {
  DroppedReader reader(source);
  const absl::StatusOr<DroppedTail> tail = reader.ReadHead();
  if (!tail.ok()) return tail.status();
  begin(tail->unread);
  const engine::DatabaseNumbers numbers(tail->databases);
  for (;;) {
    const auto next = reader.Next();
    if (!next.ok()) return next.status();
    if (!next->has_value()) return absl::OkStatus();
    ForEachEffect((*next)->record, [&](const RecordView& effect) {
      if (replication::IsWrite(effect))
        visit(ToDroppedWrite(effect, *tail, numbers));
    });
  }
}

// All of one report, in pieces. What cannot be read stays in its file.
void Tell(const replication::DroppedReport& report,
          const DroppedListener& listener) {
  DroppedWrites piece{.file = report.source.path};
  size_t bytes = 0;
  const auto begin = [&](uint64_t unread) { piece.unread_records = unread; };
  const auto add = [&](DroppedWrite write) {
    if (piece.writes.size() >= kDroppedWritesMax || bytes >= kDroppedBytesMax) {
      piece.more = true;
      listener(piece);
      piece.more = false;
      piece.writes.clear();
      bytes = 0;
    }
    bytes += write.key.size() + write.value.size();
    piece.writes.push_back(std::move(write));
  };
  Read(report.source, begin, add).IgnoreError();
  if (!piece.writes.empty() || piece.unread_records > 0) listener(piece);
  report.told();
}

}  // namespace

absl::Status ReadDroppedWrites(
    const std::string& file,
    const std::function<void(const DroppedWrite&)>& visit) {
  return Read(
      {.path = file, .bytes = nullptr}, [](uint64_t) {}, visit);
}

std::function<void(const replication::DroppedReport&)> MakeDroppedFeed(
    Executor& executor, DroppedListener listener) {
  if (!listener) return {};
  return [&executor, listener = std::move(listener)](
             const replication::DroppedReport& report) {
    executor.Post([listener, report] { Tell(report, listener); });
  };
}

}  // namespace vigil
