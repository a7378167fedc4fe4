// UniqueFd: a file descriptor that closes itself.
#ifndef VIGIL_EXAMPLES_THREE_NODE_DEMO_UNIQUE_FD_H_
#define VIGIL_EXAMPLES_THREE_NODE_DEMO_UNIQUE_FD_H_

#include <unistd.h>

#include <utility>

namespace vigil::demo {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  ~UniqueFd() { Reset(); }
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) {
      Reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  void Reset() {
    if (const int fd = std::exchange(fd_, -1); fd >= 0) close(fd);
  }

 private:
  int fd_ = -1;
};

}  // namespace vigil::demo

#endif  // VIGIL_EXAMPLES_THREE_NODE_DEMO_UNIQUE_FD_H_
