// Workload: the application inside a node's process. While it runs, one thread
// reads at a steady pace on every node, and on the master several threads write.
//
// Each writer makes two kinds of writes in turn:
//
//   w:<node>:<incarnation>:<thread>:<n>  a new key each time: none may be lost
//   h:<node>:<thread>:<slot>             few keys, overwritten: none may go back
//
// No key ever has two writers, so the order of its writes is known.
//
// Lifetime: Stop, or the destructor, waits for the write in flight.
#ifndef VIGIL_EXAMPLES_THREE_NODE_DEMO_WORKLOAD_H_
#define VIGIL_EXAMPLES_THREE_NODE_DEMO_WORKLOAD_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "examples/three_node_demo/latency.h"
#include "examples/three_node_demo/outbox.h"
#include "vigil/vigil.h"

namespace vigil::demo {

struct WorkloadOptions {
  std::string node;                // this node's name
  std::vector<std::string> nodes;  // all names: whose keys to read
  int incarnation = 0;             // how often this node was started before
  int writers = 4;
  int writes_per_second = 2000;
  uint64_t seed = 1;
};

class Workload {
 public:
  // `node` and `outbox` must outlive the workload.
  Workload(Node& node, Outbox& outbox, WorkloadOptions options);
  ~Workload();

  void Start();  // REQUIRES: not running
  void Stop();   // nothing if not running

  // Writers write while this is true.
  void SetMaster(bool master);

  uint64_t reads() const { return reads_; }
  uint64_t writes() const { return writes_; }
  uint64_t get_ns_median() const { return latency_.MedianNs(); }

 private:
  void Write(const std::stop_token& stop, int thread);
  void Read(const std::stop_token& stop);
  // Returns false when it is time to stop.
  bool WaitUntilMaster(const std::stop_token& stop);
  bool SleepUntil(const std::stop_token& stop,
                  std::chrono::steady_clock::time_point until);

  Node& node_;
  Outbox& outbox_;
  const WorkloadOptions options_;

  std::mutex mu_;
  std::condition_variable_any changed_;
  bool master_ = false;  // guarded by mu_

  // Outlive a Stop: the same writer goes on counting, so that no key is used
  // twice.
  std::vector<uint64_t> next_;  // per writer; only that writer touches it

  std::atomic<uint64_t> reads_{0};
  std::atomic<uint64_t> writes_{0};
  Latency latency_;
  std::vector<std::jthread> threads_;
};

}  // namespace vigil::demo

#endif  // VIGIL_EXAMPLES_THREE_NODE_DEMO_WORKLOAD_H_
