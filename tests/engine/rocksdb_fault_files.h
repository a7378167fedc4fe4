// FaultFiles: a file system under RocksDB that can lose power, fail and fill up.
//
// It works on real files, and knows besides what of each file, and which entries of
// the directory, were synced. What a disk would hold if the power failed now can be
// copied at any moment, also between two operations of a running database: many cuts
// of one run. A sync here syncs nothing but that knowledge.
//
// A file may be written ahead with zeros: what is appended over them and not synced is
// there, or torn, or zeros still.
//
// After a failed sync what was not synced before stays unsynced for ever, whatever
// later syncs say: as Linux marks the pages clean that it could not write.
//
// Thread-safety: thread-safe.
#ifndef VIGIL_TESTS_ENGINE_ROCKSDB_FAULT_FILES_H_
#define VIGIL_TESTS_ENGINE_ROCKSDB_FAULT_FILES_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/base/random.h"
#include "rocksdb/file_system.h"

namespace vigil::engine {

enum class FileChange { kCreate, kAppend, kSync, kSyncDirectory, kEntry };

class FaultFiles final : public rocksdb::FileSystemWrapper {
 public:
  // Whatever is in `dir` is on the disk.
  explicit FaultFiles(const std::string& dir);

  // Called before every change, in the thread that makes it.
  using Hook = std::function<void(FileChange, const std::string& path)>;
  void SetHook(Hook hook);

  // The `nth` change (from 0) from now on that `matches` fails with `error`, and the
  // next `times` - 1 like it. An append that fails has written half.
  using Matches = std::function<bool(FileChange, const std::string& path)>;
  void Fail(Matches matches, uint64_t nth, uint64_t times,
            rocksdb::IOStatus error);
  uint64_t failed() const;

  // Copies what a disk holds when the process dies now: everything.
  void CopyAfterKill(const std::string& to) const;
  // Likewise when the power fails now: of each file what was synced, and any part
  // of the rest, torn, or in a log also turned into zeros or noise (RocksDB refuses
  // a manifest with such an end: see RocksDbDamage); of the changes of the directory
  // that were not synced the first few. (RocksDB relies on their order, which
  // journals keep.)
  void CopyAfterPowerCut(const std::string& to, Random& random) const;

  const char* Name() const override { return "FaultFiles"; }
  rocksdb::IOStatus NewWritableFile(
      const std::string& path, const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSWritableFile>* file,
      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewDirectory(const std::string& path,
                                 const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* made,
                                 rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& path,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus LinkFile(const std::string& from, const std::string& to,
                             const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override;

 private:
  class Writer;
  class Entries;

  // A file, whatever its name is now, and if it has none any more.
  struct Node {
    ~Node();
    int fd = -1;
    size_t size = 0;           // of what was appended
    size_t length = 0;         // with the zeros that were written ahead
    size_t synced = 0;         // of size
    size_t synced_length = 0;  // of length
    bool lost = false;         // a sync failed: no later one helps
    std::vector<size_t> ends;  // of the appends
  };
  using Names = std::map<std::string, std::shared_ptr<Node>>;

  // Names that changed together, and what they name now: null for nothing.
  using Rename = std::vector<std::pair<std::string, std::shared_ptr<Node>>>;

  // Calls the hook; the error that this change is to have.
  rocksdb::IOStatus Begin(FileChange change, const std::string& path);
  void Apply(Rename rename) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  static void ApplyTo(Names& names, const Rename& rename);
  static std::shared_ptr<Node> OpenNode(const std::string& path);
  static void Forget(const Node& node, size_t from, size_t to, bool noise,
                     Random& random, std::string& content);
  static std::string Surviving(const Node& node, bool torn_only,
                               Random& random);

  const std::string dir_;
  mutable Mutex mu_;
  Hook hook_ ABSL_GUARDED_BY(mu_);
  Names present_ ABSL_GUARDED_BY(mu_);
  // When the directory was synced last, and what has been changed since.
  Names durable_ ABSL_GUARDED_BY(mu_);
  std::deque<Rename> unsynced_ ABSL_GUARDED_BY(mu_);
  Matches matches_ ABSL_GUARDED_BY(mu_);
  uint64_t pass_ ABSL_GUARDED_BY(mu_) = 0;  // changes until it fails
  uint64_t times_ ABSL_GUARDED_BY(mu_) = 0;
  uint64_t failed_ ABSL_GUARDED_BY(mu_) = 0;
  rocksdb::IOStatus error_ ABSL_GUARDED_BY(mu_);
};

}  // namespace vigil::engine

#endif  // VIGIL_TESTS_ENGINE_ROCKSDB_FAULT_FILES_H_
