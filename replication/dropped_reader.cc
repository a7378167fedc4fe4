#include "replication/dropped_reader.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace vigil::replication {
namespace {

constexpr size_t kReadBytes = 1 << 20;

}  // namespace

DroppedReader::DroppedReader(DroppedSource source)
    : source_(std::move(source)) {
  if (source_.path.empty()) {
    if (source_.bytes != nullptr) rest_ = *source_.bytes;
  } else {
    file_.open(source_.path, std::ios::binary);
  }
}

absl::Status DroppedReader::Named(const absl::Status& s) const {
  if (source_.path.empty()) return s;
  // What ends within a record was cut off.
  return absl::DataLossError(absl::StrCat(source_.path, ": ", s.message()));
}

// False when there is no more.
bool DroppedReader::Refill() {
  if (!file_.is_open() || !file_.good()) return false;
  buffer_.erase(0, buffer_.size() - rest_.size());
  const size_t had = buffer_.size();
  buffer_.resize(had + kReadBytes);
  file_.read(buffer_.data() + had, kReadBytes);
  buffer_.resize(had + static_cast<size_t>(file_.gcount()));
  rest_ = buffer_;
  return buffer_.size() > had;
}

absl::StatusOr<DroppedTail> DroppedReader::ReadHead() {
  if (!source_.path.empty() && !file_.is_open())
    return absl::NotFoundError(absl::StrCat(source_.path, ": cannot be read"));
  absl::StatusOr<DroppedTail> tail = TakeDroppedTail(rest_);
  while (absl::IsOutOfRange(tail.status()) && Refill())
    tail = TakeDroppedTail(rest_);
  if (!tail.ok()) return Named(tail.status());
  records_left_ = tail->records;
  return tail;
}

absl::StatusOr<std::optional<engine::EncodedRecord>> DroppedReader::Next() {
  if (records_left_ == 0) return std::nullopt;
  std::string_view after = rest_;
  absl::StatusOr<engine::RecordView> record = engine::DecodeRecord(after);
  while (absl::IsOutOfRange(record.status()) && Refill()) {
    after = rest_;
    record = engine::DecodeRecord(after);
  }
  if (!record.ok()) return Named(record.status());
  const std::string_view bytes = rest_.substr(0, rest_.size() - after.size());
  rest_ = after;
  --records_left_;
  return engine::EncodedRecord{*record, bytes};
}

}  // namespace vigil::replication
