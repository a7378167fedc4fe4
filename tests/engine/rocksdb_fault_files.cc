#include "tests/engine/rocksdb_fault_files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>

namespace vigil::engine {
namespace {

namespace fs = std::filesystem;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

// Files that no RocksDB file system writes, such as the synced mark.
bool IsOthers(const fs::path& path) {
  const std::string name = path.filename().string();
  return name == "SYNCED" || name == "LOCK";
}

std::string ReadNode(int fd, size_t bytes) {
  std::string content(bytes, '\0');
  const ssize_t got = pread(fd, content.data(), bytes, 0);
  EXPECT_EQ(got, static_cast<ssize_t>(bytes));
  return content;
}

void WriteFile(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

}  // namespace

FaultFiles::Node::~Node() {
  if (fd >= 0) close(fd);
}

class FaultFiles::Writer final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  Writer(std::unique_ptr<rocksdb::FSWritableFile> file, FaultFiles& files,
         std::string path, std::shared_ptr<Node> node)
      : rocksdb::FSWritableFileOwnerWrapper(std::move(file)),
        files_(files),
        path_(std::move(path)),
        node_(std::move(node)) {}

  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                  IODebugContext* debug) override {
    const IOStatus error = files_.Begin(FileChange::kAppend, path_);
    MutexLock lock(files_.mu_);
    const size_t bytes = error.ok() ? data.size() : data.size() / 2;
    IOStatus s =
        target()->Append(rocksdb::Slice(data.data(), bytes), options, debug);
    node_->size += bytes;
    node_->length = std::max(node_->length, node_->size);
    node_->ends.push_back(node_->size);
    return error.ok() ? s : error;
  }
  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus PositionedAppend(const rocksdb::Slice& data, uint64_t offset,
                            const IOOptions& options,
                            IODebugContext* debug) override {
    const IOStatus error = files_.Begin(FileChange::kAppend, path_);
    MutexLock lock(files_.mu_);
    EXPECT_EQ(offset, node_->size) << "only right behind what was appended";
    EXPECT_EQ(data.ToString().find_first_not_of('\0'), std::string::npos);
    const size_t bytes = error.ok() ? data.size() : data.size() / 2;
    IOStatus s = target()->PositionedAppend(rocksdb::Slice(data.data(), bytes),
                                            offset, options, debug);
    node_->length = std::max<size_t>(node_->length, offset + bytes);
    return error.ok() ? s : error;
  }
  IOStatus Truncate(uint64_t size, const IOOptions& options,
                    IODebugContext* debug) override {
    MutexLock lock(files_.mu_);
    node_->size = std::min<size_t>(node_->size, size);
    node_->length = size;
    node_->synced = std::min(node_->synced, node_->size);
    node_->synced_length = std::min(node_->synced_length, node_->length);
    return target()->Truncate(size, options, debug);
  }
  IOStatus Sync(const IOOptions&, IODebugContext*) override {
    size_t size = 0;
    size_t length = 0;
    {
      MutexLock lock(files_.mu_);
      size = node_->size;
      length = node_->length;
    }
    const IOStatus error = files_.Begin(FileChange::kSync, path_);
    MutexLock lock(files_.mu_);
    if (!error.ok()) node_->lost = true;
    if (!node_->lost) {
      node_->synced = std::max(node_->synced, size);
      node_->synced_length = std::max(node_->synced_length, length);
    }
    return error;
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return Sync(options, debug);
  }
  IOStatus RangeSync(uint64_t, uint64_t, const IOOptions&,
                     IODebugContext*) override {
    return IOStatus::OK();  // promises nothing
  }

 private:
  FaultFiles& files_;
  const std::string path_;
  const std::shared_ptr<Node> node_;
};

class FaultFiles::Entries final : public rocksdb::FSDirectoryWrapper {
 public:
  Entries(std::unique_ptr<rocksdb::FSDirectory> entries, FaultFiles& files,
          std::string path)
      : rocksdb::FSDirectoryWrapper(std::move(entries)),
        files_(files),
        path_(std::move(path)) {}

  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    size_t renames = 0;
    {
      MutexLock lock(files_.mu_);
      renames = files_.unsynced_.size();
    }
    IOStatus s = files_.Begin(FileChange::kSyncDirectory, path_);
    MutexLock lock(files_.mu_);
    renames = std::min(renames, files_.unsynced_.size());
    for (; s.ok() && renames > 0; --renames) {
      ApplyTo(files_.durable_, files_.unsynced_.front());
      files_.unsynced_.pop_front();
    }
    return s;
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* debug,
                               const rocksdb::DirFsyncOptions&) override {
    return Fsync(options, debug);
  }

 private:
  FaultFiles& files_;
  const std::string path_;
};

FaultFiles::FaultFiles(const std::string& dir)
    : rocksdb::FileSystemWrapper(rocksdb::FileSystem::Default()), dir_(dir) {
  for (const auto& file : fs::directory_iterator(dir)) {
    if (!file.is_regular_file() || IsOthers(file.path())) continue;
    auto node = OpenNode(file.path().string());
    node->size = node->synced = file.file_size();
    node->length = node->synced_length = node->size;
    present_[file.path().string()] = std::move(node);
  }
  durable_ = present_;
}

std::shared_ptr<FaultFiles::Node> FaultFiles::OpenNode(
    const std::string& path) {
  auto node = std::make_shared<Node>();
  node->fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  EXPECT_GE(node->fd, 0) << path;
  return node;
}

void FaultFiles::SetHook(Hook hook) {
  MutexLock lock(mu_);
  hook_ = std::move(hook);
}

void FaultFiles::Fail(Matches matches, uint64_t nth, uint64_t times,
                      IOStatus error) {
  MutexLock lock(mu_);
  matches_ = std::move(matches);
  pass_ = nth;
  times_ = times;
  error_ = std::move(error);
}

uint64_t FaultFiles::failed() const {
  MutexLock lock(mu_);
  return failed_;
}

IOStatus FaultFiles::Begin(FileChange change, const std::string& path) {
  Hook hook;
  {
    MutexLock lock(mu_);
    hook = hook_;
  }
  if (hook) hook(change, path);
  MutexLock lock(mu_);
  if (times_ == 0 || !matches_(change, path)) return IOStatus::OK();
  if (pass_ > 0) {
    --pass_;
    return IOStatus::OK();
  }
  --times_;
  ++failed_;
  return error_;
}

void FaultFiles::ApplyTo(Names& names, const Rename& rename) {
  for (const auto& [path, node] : rename) {
    if (node == nullptr) {
      names.erase(path);
    } else {
      names[path] = node;
    }
  }
}

void FaultFiles::Apply(Rename rename) {
  ApplyTo(present_, rename);
  unsynced_.push_back(std::move(rename));
}

// --- Changes

IOStatus FaultFiles::NewWritableFile(
    const std::string& path, const rocksdb::FileOptions& options,
    std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) {
  if (IOStatus s = Begin(FileChange::kCreate, path); !s.ok()) return s;
  MutexLock lock(mu_);
  fs::remove(path);  // a new file, so that the old one's content can come back
  rocksdb::FileOptions buffered = options;
  buffered.use_direct_writes = false;
  IOStatus s = target()->NewWritableFile(path, buffered, file, debug);
  if (!s.ok()) return s;
  auto node = OpenNode(path);
  Apply({{path, node}});
  *file = std::make_unique<Writer>(std::move(*file), *this, path, node);
  return s;
}

IOStatus FaultFiles::NewDirectory(const std::string& path,
                                  const IOOptions& options,
                                  std::unique_ptr<rocksdb::FSDirectory>* made,
                                  IODebugContext* debug) {
  IOStatus s = target()->NewDirectory(path, options, made, debug);
  if (s.ok()) *made = std::make_unique<Entries>(std::move(*made), *this, path);
  return s;
}

IOStatus FaultFiles::DeleteFile(const std::string& path,
                                const IOOptions& options,
                                IODebugContext* debug) {
  if (IOStatus s = Begin(FileChange::kEntry, path); !s.ok()) return s;
  MutexLock lock(mu_);
  IOStatus s = target()->DeleteFile(path, options, debug);
  if (s.ok()) Apply({{path, nullptr}});
  return s;
}

IOStatus FaultFiles::RenameFile(const std::string& from, const std::string& to,
                                const IOOptions& options,
                                IODebugContext* debug) {
  if (IOStatus s = Begin(FileChange::kEntry, to); !s.ok()) return s;
  MutexLock lock(mu_);
  IOStatus s = target()->RenameFile(from, to, options, debug);
  if (s.ok()) Apply({{to, present_[from]}, {from, nullptr}});
  return s;
}

IOStatus FaultFiles::LinkFile(const std::string& from, const std::string& to,
                              const IOOptions& options, IODebugContext* debug) {
  if (IOStatus s = Begin(FileChange::kEntry, to); !s.ok()) return s;
  MutexLock lock(mu_);
  IOStatus s = target()->LinkFile(from, to, options, debug);
  if (s.ok()) Apply({{to, present_[from]}});
  return s;
}

// --- Cuts

void FaultFiles::CopyAfterKill(const std::string& to) const {
  MutexLock lock(mu_);
  for (const auto& [path, node] : present_) {
    WriteFile(to / fs::path(path).filename(), ReadNode(node->fd, node->length));
  }
  std::error_code none;
  fs::copy(dir_ + "/SYNCED", to + "/SYNCED", none);
}

// The unsynced bytes [from, to) never reached the disk. Where zeros were synced
// before, those are there.
void FaultFiles::Forget(const Node& node, size_t from, size_t to, bool noise,
                        Random& random, std::string& content) {
  for (size_t i = from; i < to; ++i) {
    const bool zero = i < node.synced_length || !noise;
    content[i] = zero ? '\0' : static_cast<char>(random.Next());
  }
}

std::string FaultFiles::Surviving(const Node& node, bool torn_only,
                                  Random& random) {
  const size_t unsynced = node.size - node.synced;
  std::string content = ReadNode(node.fd, node.length);
  if (unsynced == 0) return content;
  const auto end_of_an_append = [&] {
    const size_t end = node.ends[random.Uniform(node.ends.size())];
    return std::clamp(end, node.synced, node.size);
  };
  const auto tear = [&](size_t at) {
    Forget(node, at, node.size, /*noise=*/false, random, content);
    content.resize(std::max(at, node.synced_length));
  };
  switch (random.Uniform(torn_only ? 4 : 6)) {
    case 0:  // nothing more than it must
      tear(node.synced);
      break;
    case 1:  // all of it
      break;
    case 2:  // torn anywhere
      tear(node.synced + random.Uniform(unsynced + 1));
      break;
    case 3:  // torn exactly between two appends
      tear(end_of_an_append());
      break;
    case 4: {  // all of its length, but pages that were never written
      const size_t from = node.synced + random.Uniform(unsynced);
      const size_t bytes = 1 + random.Uniform(node.size - from);
      Forget(node, from, from + bytes, random.Uniform(2) == 0, random, content);
      break;
    }
    case 5: {  // likewise exactly between two appends
      const size_t from = end_of_an_append();
      Forget(node, from, std::max(from, end_of_an_append()), /*noise=*/false,
             random, content);
      break;
    }
  }
  return content;
}

void FaultFiles::CopyAfterPowerCut(const std::string& to,
                                   Random& random) const {
  MutexLock lock(mu_);
  Names names = durable_;
  const size_t renames = random.Uniform(unsynced_.size() + 1);
  for (size_t i = 0; i < renames; ++i) ApplyTo(names, unsynced_[i]);
  for (const auto& [path, node] : names) {
    const fs::path name = fs::path(path).filename();
    const bool torn_only = name.extension() != ".log";
    WriteFile(to / name, Surviving(*node, torn_only, random));
  }
  // The mark is never synced: there, or not.
  std::error_code none;
  if (random.Uniform(3) != 0) fs::copy(dir_ + "/SYNCED", to + "/SYNCED", none);
}

}  // namespace vigil::engine
