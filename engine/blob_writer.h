// BlobWriter: hands a master's log to the operating system, blob by blob.
//
// Two threads do that: the flusher, which takes its time, and the syncer, for which
// somebody waits. They take turns.
//
// Thread-safety: thread-safe. Lifetime: `log` and `storage` outlive it.
// Errors: the first one goes to Log::Fail().
#ifndef VIGIL_ENGINE_BLOB_WRITER_H_
#define VIGIL_ENGINE_BLOB_WRITER_H_

#include <cstddef>

#include "absl/status/statusor.h"
#include "engine/base/mutex.h"
#include "engine/log.h"
#include "engine/storage.h"

namespace vigil::engine {

class BlobWriter {
 public:
  // RocksDB takes blobs of 256 KiB and more at disk speed; larger ones only make
  // whoever waits for the first record of the blob wait longer.
  static constexpr size_t kBlobBytesMax = 1 << 20;

  BlobWriter(Log& log, Storage& storage) : log_(log), storage_(storage) {}

  // Persists what comes next in the log. Returns how many bytes; 0: nothing was left.
  absl::StatusOr<size_t> WriteNext();
  // Persists everything that is in the log now.
  absl::Status WriteAll();

 private:
  Log& log_;
  Storage& storage_;
  // A turn, and held while the disk is written: only the two threads take it.
  Mutex turn_;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_BLOB_WRITER_H_
