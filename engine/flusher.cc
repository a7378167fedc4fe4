#include "engine/flusher.h"

namespace vigil::engine {
namespace {

// RocksDB takes blobs of 256 KiB and more at disk speed; larger ones only make
// whoever waits for the first record of the blob wait longer.
constexpr size_t kBlobBytesMax = 1 << 20;

// How long a record waits for others to share its blob, unless somebody waits for it.
constexpr absl::Duration kNap = absl::Milliseconds(1);
// Naps without a record before it sleeps: waking it costs the writer 10 microseconds.
constexpr int kNaps = 64;

}  // namespace

Flusher::Flusher(Log& log, Storage& storage, Syncer& syncer, bool sync_each)
    : log_(log), storage_(storage), syncer_(syncer), sync_each_(sync_each) {
  thread_ = Thread("vigil-flush", [this] { Run(); });
}

void Flusher::Stop() {
  stopping_ = true;
  log_.appended().Notify();
  log_.Hurry();
  thread_.Join();
}

void Flusher::Run() {
  const SystemClock clock;
  int naps = 0;  // left before it sleeps until the next record
  for (;;) {
    const uint64_t appended = log_.appended().Seen();
    const uint64_t hurried = log_.hurry().Seen();
    // Read before the log: what was appended before Stop() is written.
    const bool last_round = stopping_;
    const LogSlice blob = log_.Unpersisted(kBlobBytesMax);
    if (blob.first == 0 && last_round) return;
    if (blob.first == 0 && naps == 0) {
      log_.appended().WaitPast(appended, MonoTime::InfiniteFuture());
      naps = kNaps;
      continue;
    }
    if (blob.first != 0) {
      if (!Write(blob)) return;
      naps = kNaps;
    } else {
      --naps;
    }
    // A full blob has another one behind it.
    if (blob.records.size() < kBlobBytesMax / 2 && !stopping_)
      log_.hurry().WaitPast(hurried, clock.Mono() + kNap);
  }
}

bool Flusher::Write(const LogSlice& blob) {
  // Not synced here: a slow disk must not hold back `persisted`, on which the
  // acknowledgement of a quorum write depends.
  const absl::Status written =
      storage_.AppendLog(blob.first, blob.last, blob.records, /*sync=*/false);
  if (!written.ok()) {
    log_.Fail(written);
    return false;
  }
  log_.MarkPersisted(blob);
  if (sync_each_) {
    syncer_.Request(blob.last);
  } else {
    syncer_.Persisted();
  }
  return true;
}

}  // namespace vigil::engine
