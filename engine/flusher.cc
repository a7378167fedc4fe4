#include "engine/flusher.h"

namespace vigil::engine {
namespace {

// How long a record waits for others to share its blob, unless somebody waits for it.
constexpr absl::Duration kNap = absl::Milliseconds(1);
// Naps without a record before it sleeps: waking it costs the writer 10 microseconds.
constexpr int kNaps = 64;

}  // namespace

Flusher::Flusher(Log& log, BlobWriter& blobs, Syncer& syncer, bool sync_each)
    : log_(log), blobs_(blobs), syncer_(syncer), sync_each_(sync_each) {
  thread_ = Thread("vigil-flush", [this] { Run(); });
}

void Flusher::Stop() {
  stopping_ = true;
  log_.unpersisted().Notify();
  log_.Hurry();
  thread_.Join();
}

void Flusher::Run() {
  const SystemClock clock;
  int naps = 0;  // left before it sleeps until the next record
  for (;;) {
    const uint64_t unpersisted = log_.unpersisted().Seen();
    const uint64_t hurried = log_.hurry().Seen();
    // Read before the log: what was appended before Stop() is written.
    const bool last_round = stopping_;
    const absl::StatusOr<size_t> written = blobs_.WriteNext();
    if (!written.ok()) return;
    if (*written == 0 && last_round) return;
    if (*written == 0 && naps == 0) {
      log_.unpersisted().WaitPast(unpersisted, MonoTime::InfiniteFuture());
      naps = kNaps;
      continue;
    }
    if (*written != 0) {
      if (sync_each_) syncer_.Request(log_.persisted_index());
      naps = kNaps;
    } else {
      --naps;
    }
    // A full blob has another one behind it.
    if (*written < BlobWriter::kBlobBytesMax / 2 && !stopping_)
      log_.hurry().WaitPast(hurried, clock.Mono() + kNap);
  }
}

}  // namespace vigil::engine
