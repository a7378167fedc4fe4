// NodeImpl: wires the layers together, and takes them apart in order. It
// decides nothing.
//
//   application ─▶ Writer ─▶ Engine ◀─ Replicator ◀─ gRPC ─▶ other members
//                              │           ▲          │
//                            RocksDB     Monitor ◀────┘
//   application ◀─ Executor ◀─ RoleFeed, events
#ifndef VIGIL_NODE_IMPL_H_
#define VIGIL_NODE_IMPL_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "engine/base/clock.h"
#include "engine/base/logger.h"
#include "engine/engine.h"
#include "replication/grpc_replication.h"
#include "replication/replicator.h"
#include "replication/transport.h"
#include "sentinel/grpc_sentinel.h"
#include "sentinel/monitor.h"
#include "vigil/executor.h"
#include "vigil/grpc_server.h"
#include "vigil/node.h"
#include "vigil/role_feed.h"
#include "vigil/writer.h"

namespace vigil {

class NodeImpl final : public Node {
 public:
  explicit NodeImpl(const Options& options);
  ~NodeImpl() override;

  // Once, before anything else. On error the node is destroyed.
  absl::Status Start();

  absl::StatusOr<Receipt> Set(std::string_view key, std::string_view value,
                              const SetOptions& options) override;
  absl::StatusOr<DeleteResult> Delete(std::string_view key,
                                      const WriteOptions& options) override;
  absl::StatusOr<Value> Get(std::string_view key) const override;
  bool Exists(std::string_view key) const override;
  void ForEach(const std::function<void(std::string_view, const Value&)>& visit)
      const override;
  NodeStatus status() const override;
  Subscription OnRole(std::function<void(const RoleView&)> listener) override;

 private:
  absl::Status OpenEngine();
  absl::Status OpenReplicator();
  absl::Status OpenMonitor();
  absl::Status Listen();
  void PublishRole();
  void Announce(const sentinel::SentinelEvent& event);
  void SyncAndMarkClean();

  const Options options_;
  const SystemClock clock_;
  const Logger logger_;
  Executor executor_;
  RoleFeed roles_;

  // In the order in which they are built; see the destructor for the other one.
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<replication::Transport> links_;
  std::unique_ptr<replication::Replicator> replicator_;
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<sentinel::Transport> asks_;
  std::unique_ptr<sentinel::Monitor> monitor_;
  std::unique_ptr<replication::LinkService> replication_service_;
  std::unique_ptr<sentinel::SentinelService> sentinel_service_;
  std::unique_ptr<GrpcServer> server_;
};

}  // namespace vigil

#endif  // VIGIL_NODE_IMPL_H_
