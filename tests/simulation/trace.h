// Trace: what happened, line by line. Its digest tells whether two runs were the same.
#ifndef VIGIL_TESTS_SIMULATION_TRACE_H_
#define VIGIL_TESTS_SIMULATION_TRACE_H_

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "tests/simulation/scheduler.h"

namespace vigil::simulation {

class Trace {
 public:
  // `out`: where the lines go; nullptr: nowhere.
  Trace(const Scheduler& scheduler, std::FILE* out)
      : scheduler_(scheduler), out_(out) {}

  void Say(std::string_view who, std::string_view what) {
    ++lines_;
    Digest(std::to_string(scheduler_.now().ns));
    Digest(who);
    Digest(what);
    if (out_ == nullptr) return;
    std::fprintf(out_, "%11.3f ms  %-2.*s  %.*s\n",
                 static_cast<double>(scheduler_.now().ns) / 1e6,
                 static_cast<int>(who.size()), who.data(),
                 static_cast<int>(what.size()), what.data());
  }

  uint64_t digest() const { return digest_; }
  uint64_t lines() const { return lines_; }

 private:
  void Digest(std::string_view bytes) {  // FNV-1a
    for (const char c : bytes)
      digest_ = (digest_ ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    digest_ = (digest_ ^ 0xff) * 0x100000001b3;
  }

  const Scheduler& scheduler_;
  std::FILE* const out_;
  uint64_t digest_ = 0xcbf29ce484222325;
  uint64_t lines_ = 0;
};

}  // namespace vigil::simulation

#endif  // VIGIL_TESTS_SIMULATION_TRACE_H_
