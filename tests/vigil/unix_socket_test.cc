#include "vigil/unix_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

#include "tests/support/temp_dir.h"

namespace vigil {
namespace {

using testing::HasSubstr;

// A socket at `path`, on which somebody listens as long as it exists.
class Bound {
 public:
  explicit Bound(const std::string& path, bool listens = true)
      : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::strncpy(name.sun_path, path.c_str(), sizeof(name.sun_path) - 1);
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&name), sizeof(name)), 0);
    if (listens) {
      EXPECT_EQ(listen(fd_, 4), 0);
    }
  }
  ~Bound() { close(fd_); }
  Bound(const Bound&) = delete;
  Bound& operator=(const Bound&) = delete;

 private:
  const int fd_;
};

class UnixSocket : public testing::Test {
 protected:
  std::string Why(const std::string& path) const {
    const absl::Status s = CheckUnixSocket("unix:" + path);
    if (!s.ok()) {
      EXPECT_EQ(s.code(), absl::StatusCode::kUnavailable);
    }
    return std::string(s.message());
  }

  const TempDir folder_;
  const std::string path_ = folder_.path() + "/socket";
};

TEST_F(UnixSocket, APlaceWhereNothingIsIsGood) { EXPECT_EQ(Why(path_), ""); }

TEST_F(UnixSocket, OtherAddressesAreNotItsBusiness) {
  EXPECT_TRUE(CheckUnixSocket("127.0.0.1:7001").ok());
}

TEST_F(UnixSocket, WhatAKilledProcessLeftIsGood) {
  { const Bound killed(path_); }
  EXPECT_EQ(Why(path_), "");
  EXPECT_EQ(Why("//" + path_), "") << "unix:///path";
}

TEST_F(UnixSocket, OneInUseIsNotTaken) {
  const Bound other(path_);
  EXPECT_THAT(Why(path_), HasSubstr("another process listens on it"));
  EXPECT_THAT(Why("//" + path_), HasSubstr("another process listens on it"));
}

TEST_F(UnixSocket, WhatIsNoSocketIsKept) {
  std::ofstream(path_) << "precious";
  EXPECT_THAT(Why(path_), HasSubstr("no socket"));
}

TEST_F(UnixSocket, AFolderThatIsNotThereIsNamed) {
  EXPECT_THAT(Why(folder_.path() + "/none/socket"),
              HasSubstr(folder_.path() + "/none/': No such file"));
}

// In a process of its own that is not root, to whom all is permitted.
TEST_F(UnixSocket, AFolderThatMayNotBeWrittenIsNamed) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  ASSERT_EQ(chmod(folder_.path().c_str(), 0555), 0);
  EXPECT_EXIT(
      {
        if (geteuid() == 0 && setuid(65534) != 0) std::exit(2);
        const bool named =
            Why(path_).find("Permission denied") != std::string::npos;
        std::exit(named ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
  ASSERT_EQ(chmod(folder_.path().c_str(), 0700), 0);
}

}  // namespace
}  // namespace vigil
