// Loader: writes the input records through several threads, so that many share
// one round of the group, and says when all of them are acknowledged.
//
// Lifetime: the destructor stops the threads and waits for them.
#ifndef VIGIL_EXAMPLES_THREE_NODE_DEMO_LOADER_H_
#define VIGIL_EXAMPLES_THREE_NODE_DEMO_LOADER_H_

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "examples/three_node_demo/outbox.h"
#include "examples/three_node_demo/package_file.h"
#include "vigil/vigil.h"

namespace vigil::demo {

class Loader {
 public:
  // Starts at once. `node` and `outbox` must outlive the loader.
  Loader(Node& node, Outbox& outbox, std::vector<InputRecord> records);
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

 private:
  static constexpr int kThreads = 8;

  void Work();
  void Finish();  // by the last thread

  Node& node_;
  Outbox& outbox_;
  const std::vector<InputRecord> records_;
  std::atomic<size_t> next_{0};  // the first record that no thread has taken
  std::atomic<int> running_{kThreads};
  std::atomic<bool> stop_{false};
  std::mutex mu_;
  absl::Status error_;  // the first; guarded by mu_
  std::vector<std::jthread> threads_;
};

}  // namespace vigil::demo

#endif  // VIGIL_EXAMPLES_THREE_NODE_DEMO_LOADER_H_
