// SyncedMark: a small file that says how far the database was synced at least.
//
// It tells a torn end of a write-ahead log (never synced, may be cut off) from
// damage (was synced, must not be): RocksDB alone cannot. The file itself is
// written after each sync and never synced, so it may say too little after a
// power cut, never too much.
//
// Thread-safety: thread-safe.
// Errors: a mark that cannot be read or written says nothing; the data are safe
// without it, only their damage is not recognised.
#ifndef VIGIL_ENGINE_ROCKSDB_SYNCED_MARK_H_
#define VIGIL_ENGINE_ROCKSDB_SYNCED_MARK_H_

#include <atomic>
#include <cstdint>
#include <string>

namespace vigil::engine {

class SyncedMark {
 public:
  static constexpr char kFileName[] = "SYNCED";

  // What the mark in `dir` says; 0 when there is none.
  static uint64_t Read(const std::string& dir);

  explicit SyncedMark(const std::string& dir);
  ~SyncedMark();
  SyncedMark(const SyncedMark&) = delete;
  SyncedMark& operator=(const SyncedMark&) = delete;

  // Everything up to `number` is on disk. Never goes back.
  void Advance(uint64_t number);

 private:
  const int fd_;
  std::atomic<uint64_t> number_;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_ROCKSDB_SYNCED_MARK_H_
