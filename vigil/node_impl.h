// NodeImpl: wires the layers together, and takes them apart in order. It
// decides nothing.
//
//   application ─▶ Writer ─▶ Engine ◀─ Replicator ◀─ gRPC ─▶ other members
//                              │           ▲          │
//                            RocksDB     Monitor ◀────┘
//   application ◀─ Executor ◀─ RoleFeed, events, ChangeStream ◀─ log
//                         ◀─ AckWatch ◀─ watermarks
#ifndef VIGIL_NODE_IMPL_H_
#define VIGIL_NODE_IMPL_H_

#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "engine/base/clock.h"
#include "engine/base/logger.h"
#include "engine/engine.h"
#include "replication/grpc_replication.h"
#include "replication/replicator.h"
#include "replication/transport.h"
#include "sentinel/grpc_sentinel.h"
#include "sentinel/monitor.h"
#include "vigil/ack_watch.h"
#include "vigil/async_writer.h"
#include "vigil/backups.h"
#include "vigil/callback_gate.h"
#include "vigil/change_stream.h"
#include "vigil/command.h"
#include "vigil/event_feed.h"
#include "vigil/executor.h"
#include "vigil/forward_server.h"
#include "vigil/forwarder.h"
#include "vigil/fresh_reader.h"
#include "vigil/grpc_forwarding.h"
#include "vigil/grpc_server.h"
#include "vigil/live_security.h"
#include "vigil/member_changes.h"
#include "vigil/node.h"
#include "vigil/role_feed.h"
#include "vigil/writer.h"

namespace vigil {

RoleView ToRoleView(const replication::ReplicatorStatus& status);

class NodeImpl final : public Node {
 public:
  using OpenStorage =
      std::function<absl::StatusOr<std::unique_ptr<engine::Storage>>(
          const std::string& data_dir)>;

  // Node::Open, on any storage. REQUIRES: the options are valid.
  static absl::StatusOr<std::unique_ptr<Node>> Open(const Options& options,
                                                    const WorkOptions& work,
                                                    OpenStorage open_storage);

  NodeImpl(const Options& options, OpenStorage open_storage);
  // What it calls, but within close_timeout: `delete` returns then, and what cannot end
  // because of the disk is left to a thread.
  ~NodeImpl() override;
  void operator delete(NodeImpl* node, std::destroying_delete_t);

  // Once, before anything else. On error the node is destroyed.
  absl::Status Start(const Limit& limit);

  absl::StatusOr<SetResult> Set(std::string_view key, std::string_view value,
                                const SetOptions& options) override;
  absl::StatusOr<DeleteResult> Delete(std::string_view key,
                                      const WriteOptions& options) override;
  absl::StatusOr<DeleteManyResult> DeleteMany(
      const std::vector<std::string_view>& keys,
      const WriteOptions& options) override;
  absl::StatusOr<IncrementResult> Increment(
      std::string_view key, int64_t delta,
      const WriteOptions& options) override;
  absl::StatusOr<IncrementFloatResult> IncrementFloat(
      std::string_view key, double delta, const WriteOptions& options) override;
  absl::StatusOr<SizeResult> Append(std::string_view key,
                                    std::string_view value,
                                    const WriteOptions& options) override;
  absl::StatusOr<SizeResult> SetRange(std::string_view key, uint64_t offset,
                                      std::string_view value,
                                      const WriteOptions& options) override;
  absl::StatusOr<ChangeResult> Rename(std::string_view key,
                                      std::string_view new_key,
                                      const RenameOptions& options) override;
  absl::StatusOr<ChangeResult> Expire(std::string_view key, absl::Duration ttl,
                                      const ExpireOptions& options) override;
  absl::StatusOr<ChangeResult> ExpireAt(std::string_view key, absl::Time at,
                                        const ExpireOptions& options) override;
  absl::StatusOr<ChangeResult> Persist(std::string_view key,
                                       const WriteOptions& options) override;
  absl::StatusOr<BatchResult> Write(const Batch& batch,
                                    const WriteOptions& options) override;
  absl::StatusOr<Receipt> FlushDatabase(const WriteOptions& options) override;
  absl::StatusOr<Receipt> FlushAll(const WriteOptions& options) override;
  absl::StatusOr<Receipt> SwapDatabases(int a, int b,
                                        const WriteOptions& options) override;
  absl::StatusOr<Receipt> Wait(const Receipt& receipt, Ack ack,
                               absl::Duration timeout) override;

  absl::StatusOr<Value> Get(std::string_view key,
                            const ReadOptions& options) const override;
  absl::StatusOr<PinnedValue> GetPinned(
      std::string_view key, const ReadOptions& options) const override;
  Values GetMany(const std::vector<std::string_view>& keys,
                 const ReadOptions& options) const override;
  absl::StatusOr<std::string> GetRange(
      std::string_view key, uint64_t offset, uint64_t length,
      const ReadOptions& options) const override;
  bool Exists(std::string_view key, const ReadOptions& options) const override;
  absl::StatusOr<KeyInfo> Inspect(std::string_view key,
                                  const ReadOptions& options) const override;
  absl::StatusOr<absl::Duration> TimeToLive(
      std::string_view key, const ReadOptions& options) const override;
  bool Touch(std::string_view key, const ReadOptions& options) const override;
  absl::StatusOr<ScanPage> Scan(const ScanOptions& options) const override;
  absl::StatusOr<std::string> RandomKey(
      const ReadOptions& options) const override;
  uint64_t KeyCount(const ReadOptions& options) const override;
  void ForEach(const std::function<void(std::string_view, const Value&)>& visit,
               const ReadOptions& options) const override;
  Async& async() override { return *async_; }
  absl::StatusOr<ReadPoint> Read(const Freshness& freshness,
                                 const std::function<void()>& read,
                                 absl::Duration timeout) const override;
  absl::Status Backup(const std::string& dir,
                      const WorkOptions& options) override;
  absl::Status AddMember(const std::string& name,
                         absl::Duration timeout) override;
  absl::Status AddReadReplica(const std::string& name,
                              absl::Duration timeout) override;
  absl::Status RemoveMember(const std::string& name,
                            absl::Duration timeout) override;
  absl::Status ReplaceMember(const std::string& name,
                             const std::string& newcomer,
                             absl::Duration timeout) override;
  absl::Status UpdateSecurity(const SecurityOptions& security) override;
  NodeStatus status() const override;
  Subscription OnRole(std::function<void(const RoleView&)> listener) override;
  absl::StatusOr<Subscription> Watch(
      const WatchOptions& options,
      std::function<void(const ChangeBatch&)> callback) override;

 private:
  void EndCallbacks();
  absl::Status OpenSecurity();
  absl::Status OpenEngine(const Limit& limit);
  absl::Status OpenReplicator();
  absl::Status OpenMonitor();
  absl::Status Listen();
  absl::Status ChangeMembers(const replication::ChangeRequest& request,
                             absl::Duration timeout);
  absl::Status MakeBackup(const std::string& dir, const Limit& limit);
  void PublishRole();
  void Announce(const sentinel::SentinelEvent& event);
  void SyncAndMarkClean();
  template <typename Result>
  absl::StatusOr<Result> Finish(absl::Duration timeout,
                                WrittenOr<Result> written,
                                absl::FunctionRef<Command()> command);
  void OpenForwarding();
  ForwardingStatus Forwarding() const;
  bool HasDatabase(const ReadOptions& options) const {
    return options.database >= 0 && options.database < options_.databases;
  }
  ServerStatus Server() const;

  // Nothing of the application is called once it is closed.
  const std::shared_ptr<CallbackGate> gate_ = std::make_shared<CallbackGate>();
  const Options options_;
  const OpenStorage open_storage_;
  const SystemClock clock_;
  const MonoTime opened_ = clock_.Mono();
  const Logger logger_;
  Executor executor_;
  RoleFeed roles_;
  EventFeed events_;

  // In the order in which they are built; see the destructor for the other one.
  std::unique_ptr<LiveSecurity> security_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<replication::Transport> links_;
  std::unique_ptr<replication::Replicator> replicator_;
  std::unique_ptr<ChangeStream> changes_;
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<ForwardTransport> forward_links_;
  std::shared_ptr<Forwarder> forwarder_;
  std::unique_ptr<ForwardServer> forwarded_;
  std::shared_ptr<FreshReader> reader_;
  std::unique_ptr<Backups> backups_;
  std::unique_ptr<MemberChanges> member_changes_;
  std::shared_ptr<AckWatch> acks_;
  std::unique_ptr<AsyncWriter> async_;
  std::unique_ptr<sentinel::Transport> asks_;
  std::unique_ptr<sentinel::Monitor> monitor_;
  std::unique_ptr<replication::Doorkeeper> door_;
  std::unique_ptr<replication::LinkService> replication_service_;
  std::unique_ptr<ForwardService> forward_service_;
  std::unique_ptr<sentinel::SentinelService> sentinel_service_;
  std::unique_ptr<GrpcServer> server_;
};

}  // namespace vigil

#endif  // VIGIL_NODE_IMPL_H_
