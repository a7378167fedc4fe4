// engine_writer DIR SEED [BYTES]: a process to be killed. Writes the workload of SEED into
// the engine in DIR, from where the last one ended, and tells on standard output,
// as two numbers of 8 bytes, how much of it is persisted and how much is durable.
// With BYTES no file can grow beyond them, as on a full disk. Exit status 5: the
// engine said that its storage failed, and was closed.
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "engine/engine.h"
#include "engine/rocksdb_storage.h"
#include "tests/engine/workload.h"

int main(int argc, char** argv) {
  using namespace vigil;
  using namespace vigil::engine;
  if (argc != 3 && argc != 4) return 2;
  if (argc == 4) {
    signal(SIGXFSZ, SIG_IGN);  // an error of write() instead
    const rlim_t bytes = std::strtoull(argv[3], nullptr, 10);
    const rlimit limit{bytes, bytes};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return 2;
  }
  auto storage = OpenRocksDbStorage(argv[1]);
  if (!storage.ok()) {
    std::fprintf(stderr, "%s\n", storage.status().ToString().c_str());
    return 3;
  }
  EngineOptions options;
  options.checkpoint_period = absl::Milliseconds(10);  // many of them per life
  options.log_disk_bytes = 1 << 20;                    // and much to trim
  const SystemClock clock;
  auto engine = Engine::Open(options, *std::move(storage), clock, nullptr);
  if (!engine.ok()) {
    std::fprintf(stderr, "%s\n", engine.status().ToString().c_str());
    return 4;
  }
  Workload workload(std::strtoull(argv[2], nullptr, 10));
  workload.SkipTo((*engine)->last_index());
  (*engine)->OpenGate({});
  for (;;) {
    if (!Workload::Perform(workload.Next(), **engine)) break;
    if (workload.index() % 500 == 0) (*engine)->RequestSync(workload.index());
    const uint64_t report[2] = {(*engine)->persisted_index(),
                                (*engine)->durable_index()};
    if (write(STDOUT_FILENO, report, sizeof(report)) != sizeof(report))
      return 0;
  }
  engine->reset();
  return 5;
}
