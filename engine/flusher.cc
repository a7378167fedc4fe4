#include "engine/flusher.h"

namespace vigil::engine {
namespace {

// RocksDB takes blobs of 256 KiB and more at disk speed; larger ones only make
// whoever waits for the first record of the blob wait longer.
constexpr size_t kBlobBytesMax = 1 << 20;

}  // namespace

Flusher::Flusher(Log& log, Storage& storage, Syncer& syncer, bool sync_each)
    : log_(log), storage_(storage), syncer_(syncer), sync_each_(sync_each) {
  thread_ = Thread("vigil-flush", [this] { Run(); });
}

void Flusher::Stop() {
  stopping_ = true;
  log_.appended().Notify();
  thread_.Join();
}

void Flusher::Run() {
  for (;;) {
    const uint64_t seen = log_.appended().Seen();
    // Read before the log: what was appended before Stop() is written.
    const bool last_round = stopping_;
    const LogSlice blob = log_.Unpersisted(kBlobBytesMax);
    if (blob.first == 0) {
      if (last_round) return;
      log_.appended().WaitPast(seen, MonoTime::InfiniteFuture());
      continue;
    }
    // Not synced here: a slow disk must not hold back `persisted`, on which the
    // acknowledgement of a quorum write depends.
    const absl::Status written =
        storage_.AppendLog(blob.first, blob.last, blob.records, /*sync=*/false);
    if (!written.ok()) {
      log_.Fail(written);
      return;
    }
    log_.MarkPersisted(blob);
    if (sync_each_) {
      syncer_.Request(blob.last);
    } else {
      syncer_.Persisted();
    }
  }
}

}  // namespace vigil::engine
