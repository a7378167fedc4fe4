#include "engine/rocksdb_synced_mark.h"

#include <fcntl.h>
#include <unistd.h>

namespace vigil::engine {
namespace {

// Read by the machine that wrote it: no byte order. Both halves must agree, or
// else the file is not what was written.
struct Content {
  uint64_t number = 0;
  uint64_t inverted = 0;
};

std::string PathIn(const std::string& dir) {
  return dir + "/" + SyncedMark::kFileName;
}

}  // namespace

uint64_t SyncedMark::Read(const std::string& dir) {
  const int fd = open(PathIn(dir).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  Content content;
  const ssize_t got = pread(fd, &content, sizeof(content), 0);
  close(fd);
  const bool whole = got == static_cast<ssize_t>(sizeof(content));
  return whole && content.inverted == ~content.number ? content.number : 0;
}

SyncedMark::SyncedMark(const std::string& dir)
    : fd_(open(PathIn(dir).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)),
      number_(Read(dir)) {}

SyncedMark::~SyncedMark() {
  if (fd_ >= 0) close(fd_);
}

void SyncedMark::Advance(uint64_t number) {
  uint64_t before = number_;
  do {
    if (number <= before) return;
  } while (!number_.compare_exchange_weak(before, number));
  // Two writers in the wrong order leave the smaller number: too little is fine.
  const Content content{number, ~number};
  [[maybe_unused]] const ssize_t ignored =
      pwrite(fd_, &content, sizeof(content), 0);
}

}  // namespace vigil::engine
