// MemberWriter: an application that keeps writing to one node, whatever becomes of it,
// and afterwards knows what became of each write that was accepted.
//
// Thread-safety: one thread, and OnDropped from any.
// Lifetime: the node outlives it.
#ifndef VIGIL_TESTS_BENCHMARKS_MEMBER_WRITER_H_
#define VIGIL_TESTS_BENCHMARKS_MEMBER_WRITER_H_

#include <atomic>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/benchmarks/member_message.h"
#include "vigil/vigil.h"

namespace vigil::bench::member {

class MemberWriter {
 public:
  explicit MemberWriter(Node& node) : node_(node) {}
  ~MemberWriter() { Stop(); }

  void Start(int pause_us);
  // Ends the writing. REQUIRES: this node has what its group has.
  Written Account(int64_t after_ns);

  void OnDropped(const DroppedWrites& dropped);

 private:
  struct Accepted {
    std::string key;
    int64_t at_ns;
  };

  void Run(int pause_us);
  void Stop();

  Node& node_;
  std::vector<Accepted> accepted_;  // of the thread, until it has ended
  uint64_t refused_ = 0;
  std::mutex mu_;  // guards handed_back_
  std::set<std::string> handed_back_;
  std::atomic<bool> stopped_{false};
  std::thread thread_;
};

}  // namespace vigil::bench::member

#endif  // VIGIL_TESTS_BENCHMARKS_MEMBER_WRITER_H_
