#include "tests/benchmarks/peers/redis.h"

#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "tests/benchmarks/must.h"

namespace vigil::bench {
namespace {

struct FreeContext {
  void operator()(redisContext* c) const { redisFree(c); }
};
using Context = std::unique_ptr<redisContext, FreeContext>;

struct FreeReply {
  void operator()(redisReply* r) const { freeReplyObject(r); }
};
using Reply = std::unique_ptr<redisReply, FreeReply>;

absl::string_view Abseil(std::string_view text) {
  return {text.data(), text.size()};
}

// Between fork and exec: other threads may have held locks.
[[noreturn]] void Become(char* const* argv, int log, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  execvp(argv[0], argv);
  _exit(127);
}

absl::StatusOr<pid_t> Spawn(const std::vector<std::string>& words,
                            const std::string& log_file) {
  std::vector<char*> argv;
  for (const std::string& word : words) {
    argv.push_back(const_cast<char*>(word.c_str()));
  }
  argv.push_back(nullptr);
  const int log =
      open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (log < 0) {
    return absl::InternalError(
        absl::StrCat(log_file, ": ", std::strerror(errno)));
  }
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) Become(argv.data(), log, parent);
  close(log);
  if (pid < 0) {
    return absl::InternalError(absl::StrCat("fork: ", std::strerror(errno)));
  }
  return pid;
}

// Waits until it listens, or is gone.
absl::StatusOr<Context> Connect(const std::string& socket, pid_t& server) {
  for (int tries = 0; tries < 1000; ++tries) {
    Context context(redisConnectUnix(socket.c_str()));
    if (context != nullptr && context->err == 0) return context;
    if (waitpid(server, nullptr, WNOHANG) == server) {
      server = 0;
      return absl::UnavailableError(
          "redis-server does not run (apt: redis-server)");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return absl::UnavailableError("redis-server does not listen");
}

}  // namespace

struct Redis::Impl {
  pid_t server = 0;  // 0: gone, or never there
  Context context;

  ~Impl() {
    if (server == 0) return;
    kill(server, SIGTERM);
    while (waitpid(server, nullptr, 0) < 0 && errno == EINTR) {
    }
  }

  Reply Read() const {
    void* reply = nullptr;
    if (redisGetReply(context.get(), &reply) != REDIS_OK) {
      Must(absl::InternalError(absl::StrCat("redis: ", context->errstr)));
    }
    Reply owned(static_cast<redisReply*>(reply));
    if (owned->type == REDIS_REPLY_ERROR) {
      Must(absl::InternalError(absl::StrCat("redis: ", owned->str)));
    }
    return owned;
  }
};

Redis::Redis(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Redis::~Redis() = default;

absl::StatusOr<std::unique_ptr<Redis>> Redis::Start(
    const std::string& dir, const std::vector<std::string>& configuration) {
  const std::string socket = dir + "/redis.sock";
  std::vector<std::string> words = {
      "redis-server", "--port",      "0", "--unixsocket",
      socket,         "--save",      "",  "--appendonly",
      "no",           "--daemonize", "no"};
  words.insert(words.end(), configuration.begin(), configuration.end());
  auto impl = std::make_unique<Impl>();
  absl::StatusOr<pid_t> server = Spawn(words, dir + "/redis.log");
  if (!server.ok()) return server.status();
  impl->server = *server;
  absl::StatusOr<Context> context = Connect(socket, impl->server);
  if (!context.ok()) return context.status();
  impl->context = *std::move(context);
  return std::unique_ptr<Redis>(new Redis(std::move(impl)));
}

std::optional<std::string> Redis::Get(std::string_view key) {
  redisAppendCommand(impl_->context.get(), "GET %b", key.data(), key.size());
  const Reply reply = impl_->Read();
  if (reply->type == REDIS_REPLY_NIL) return std::nullopt;
  return std::string(reply->str, reply->len);
}

std::vector<bool> Redis::GetMany(const std::vector<std::string_view>& keys) {
  for (std::string_view key : keys) {
    redisAppendCommand(impl_->context.get(), "GET %b", key.data(), key.size());
  }
  std::vector<bool> found;
  found.reserve(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    found.push_back(impl_->Read()->type != REDIS_REPLY_NIL);
  }
  return found;
}

void Redis::SetMany(const std::vector<std::string_view>& keys,
                    std::string_view value) {
  // By hand: hiredis' own formatting takes longer than the server.
  std::string commands;
  for (std::string_view key : keys) {
    absl::StrAppend(&commands, "*3\r\n$3\r\nSET\r\n$", key.size(), "\r\n",
                    Abseil(key), "\r\n$", value.size(), "\r\n", Abseil(value),
                    "\r\n");
  }
  redisAppendFormattedCommand(impl_->context.get(), commands.data(),
                              commands.size());
  for (size_t i = 0; i < keys.size(); ++i) impl_->Read();
}

std::string Redis::Command(const std::vector<std::string>& words) {
  std::vector<const char*> argv;
  std::vector<size_t> sizes;
  for (const std::string& word : words) {
    argv.push_back(word.data());
    sizes.push_back(word.size());
  }
  redisAppendCommandArgv(impl_->context.get(), static_cast<int>(argv.size()),
                         argv.data(), sizes.data());
  const Reply reply = impl_->Read();
  if (reply->type == REDIS_REPLY_INTEGER) return absl::StrCat(reply->integer);
  return std::string(reply->str == nullptr ? "" : reply->str, reply->len);
}

void Redis::AwaitLink() {
  for (int tries = 0; tries < 60'000; ++tries) {
    if (Command({"INFO", "replication"}).find("master_link_status:up") !=
        std::string::npos) {
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  Must(absl::DeadlineExceededError("Redis' replica does not get its data"));
}

}  // namespace vigil::bench
