#include "engine/blob_writer.h"

namespace vigil::engine {

absl::StatusOr<size_t> BlobWriter::WriteNext() {
  MutexLock turn(turn_);
  const LogSlice blob = log_.Unpersisted(kBlobBytesMax);
  if (blob.first == 0) return 0;
  // Not synced in the same breath: a slow disk must not hold back `persisted`, on
  // which the acknowledgement of a quorum write depends.
  const absl::Status written =
      storage_.AppendLog(blob.first, blob.last, blob.records, /*sync=*/false);
  if (!written.ok()) {
    log_.Fail(written);
    return written;
  }
  log_.MarkPersisted(blob);
  return blob.records.size();
}

absl::Status BlobWriter::WriteAll() {
  const uint64_t last = log_.last_index();
  while (log_.persisted_index() < last) {
    const absl::StatusOr<size_t> written = WriteNext();
    if (!written.ok()) return written.status();
    // The log has failed, or has been replaced by a shorter one.
    if (*written == 0) break;
  }
  return log_.health();
}

}  // namespace vigil::engine
