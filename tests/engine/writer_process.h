// WriterProcess: engine_writer as a child, to be killed with SIGKILL.
#ifndef VIGIL_TESTS_ENGINE_WRITER_PROCESS_H_
#define VIGIL_TESTS_ENGINE_WRITER_PROCESS_H_

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <utility>

namespace vigil::engine {

class WriterProcess {
 public:
  struct Report {
    uint64_t persisted = 0;
    uint64_t durable = 0;
  };

  // `program`: the path of engine_writer.
  // `file_bytes_max`: none of its files can grow larger; empty: no limit.
  WriterProcess(const char* program, const std::string& dir, uint64_t seed,
                const std::string& file_bytes_max = "") {
    int pipe_ends[2] = {-1, -1};
    if (pipe(pipe_ends) != 0) ADD_FAILURE() << "pipe";
    reports_ = pipe_ends[0];
    const std::string seed_text = std::to_string(seed);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(pipe_ends[1], STDOUT_FILENO);
      close(pipe_ends[0]);
      close(pipe_ends[1]);
      execl(program, program, dir.c_str(), seed_text.c_str(),
            file_bytes_max.empty() ? nullptr : file_bytes_max.c_str(), nullptr);
      _exit(127);
    }
    close(pipe_ends[1]);
  }
  ~WriterProcess() {
    Kill();
    close(reports_);
  }
  WriterProcess(const WriterProcess&) = delete;
  WriterProcess& operator=(const WriterProcess&) = delete;

  // The next report; false when the process has ended and all were read.
  bool Next(Report& report) {
    uint64_t numbers[2];
    size_t got = 0;
    while (got < sizeof(numbers)) {
      const ssize_t n = read(reports_, reinterpret_cast<char*>(numbers) + got,
                             sizeof(numbers) - got);
      if (n <= 0) return false;
      got += static_cast<size_t>(n);
    }
    report = {numbers[0], numbers[1]};
    return true;
  }

  // Waits for its end. Returns its exit status, or -1 if a signal ended it.
  int Wait() {
    int status = 0;
    waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  void Kill() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  pid_t pid_ = -1;
  int reports_ = -1;
};

}  // namespace vigil::engine

#endif  // VIGIL_TESTS_ENGINE_WRITER_PROCESS_H_
