// EngineGroup: Replicators over real engines, each on a disk in memory, joined by
// an in-process network. The test is their sentinel: it fences, promotes and says
// whom to follow. Everything waits for a condition, with a deadline.
#ifndef VIGIL_TESTS_REPLICATION_ENGINE_GROUP_H_
#define VIGIL_TESTS_REPLICATION_ENGINE_GROUP_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/engine.h"
#include "engine/memory_storage.h"
#include "replication/replicator.h"
#include "tests/support/in_process_transport.h"

namespace vigil::replication {

struct GroupOptions {
  int members = 3;
  Options replication = {.heartbeat = absl::Milliseconds(10)};
  // A flush holds all shards at once; ThreadSanitizer knows 64 locks of a thread.
  engine::EngineOptions engine{.shards = 16};
  bool without_disk = false;
  // Each node has a folder of its name in it for what it drops; empty: in memory.
  std::string folder;
};

// What is called when the role changes, or the log moves. May be set while it does.
class Hook {
 public:
  void operator=(std::function<void()> hook) {
    MutexLock lock(mu_);
    hook_ = std::move(hook);
  }
  void operator()() {
    MutexLock lock(mu_);
    if (hook_) hook_();
  }

 private:
  Mutex mu_;
  std::function<void()> hook_ ABSL_GUARDED_BY(mu_);
};

class EngineGroup {
 public:
  struct Node {
    std::string name;
    std::string address;
    std::shared_ptr<engine::MemoryDisk> disk;
    std::unique_ptr<engine::Engine> engine;
    std::unique_ptr<Transport> port;
    std::unique_ptr<Replicator> replicator;
    Hook on_role;
    Hook on_log;
    // Set before anything can be dropped; after Close() nobody is told.
    std::function<void(const DroppedReport&)> on_dropped;

    // A value for this key; its index.
    uint64_t Set(const std::string& key, const std::string& value);
    // Whether it was committed, before `timeout` and the end of the epoch that it was
    // written in; the present one unless given.
    bool AwaitCommit(uint64_t index, absl::Duration timeout,
                     std::optional<Epoch> written_in = {}) const;
    ReplicatorStatus status() const { return replicator->status(); }
  };

  explicit EngineGroup(const GroupOptions& options = {});
  ~EngineGroup();

  Node& operator[](size_t i) { return *nodes_[i]; }
  InProcessNetwork& network() { return network_; }

  void Open(Node& node);
  void Close(Node& node);

  // What a leader would do. Fails the test when no answer comes.
  FenceReply Fence(Node& node, const Epoch& epoch);
  bool Promote(Node& node, const Epoch& epoch, const FenceReply& fenced,
               bool all_members = false);
  void Follow(Node& node, Node& master, const Epoch& epoch);
  // All members fenced, the first promoted, the others its replicas.
  void Bootstrap();

  // Whether `condition` came true before a generous deadline.
  bool Eventually(const std::function<bool()>& condition);
  // They hold the same, and have said so: a newcomer is formed a moment after it has
  // the last record.
  bool AreLevel(Node& a, Node& b);

 private:
  const GroupOptions options_;
  const SystemClock clock_;
  Configuration members_;
  InProcessNetwork network_;
  Signal changed_;
  std::vector<std::unique_ptr<Node>> nodes_;
};

}  // namespace vigil::replication

#endif  // VIGIL_TESTS_REPLICATION_ENGINE_GROUP_H_
