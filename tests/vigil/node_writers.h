// NodeWriters: the writers of one member of an EngineGroup, wired as a node wires them;
// and what the tests of groups share.
#ifndef VIGIL_TESTS_VIGIL_NODE_WRITERS_H_
#define VIGIL_TESTS_VIGIL_NODE_WRITERS_H_

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>

#include "tests/replication/engine_group.h"
#include "tests/support/in_process_forwarding.h"
#include "vigil/ack_watch.h"
#include "vigil/async_writer.h"
#include "vigil/backups.h"
#include "vigil/executor.h"
#include "vigil/forward_server.h"
#include "vigil/forwarder.h"
#include "vigil/writer.h"

namespace vigil {

// Lifetime: the node outlives it.
class NodeWriters {
 public:
  // `forwarding`: writes on a replica are done by the master; null: they fail.
  explicit NodeWriters(replication::EngineGroup::Node& node,
                       const WriterOptions& options = {},
                       InProcessForwarding* forwarding = nullptr)
      : node_(node),
        forwarding_(forwarding),
        writer(*node.engine, *node.replicator, clock_, options,
               [] { return absl::FailedPreconditionError("not the master"); }),
        acks(std::make_shared<AckWatch>([this] { return writer.progress(); },
                                        node.engine->durable(), executor_,
                                        clock_, /*places=*/1000)),
        backups([&node](const std::string& dir, const Limit& limit) {
          return node.engine->Backup(dir, {}, limit);
        }),
        reader(std::make_shared<FreshReader>(*node.engine, *node.replicator,
                                             executor_, clock_)),
        port_((forwarding == nullptr ? nowhere_ : *forwarding)
                  .From(node.address)),
        forwarder(std::make_shared<Forwarder>(
            ForwarderOptions{
                .enabled = forwarding != nullptr,
                .session = {1, static_cast<uint64_t>(node.name[0])}},
            *port_,
            [&node](const Receipt& receipt, MonoTime deadline,
                    std::function<void()> then) {
              node.replicator->AskRecord(
                  receipt.epoch, receipt.index, deadline,
                  [then = std::move(then)](const auto&) { then(); });
            },
            clock_)),
        server(*node.engine, *node.replicator, writer, clock_, /*places=*/1000),
        async(writer, forwarder, reader, backups, acks) {
    node.on_log = [this] {
      acks->Moved();
      server.Moved();
    };
    if (forwarding_ == nullptr) return;
    forwarding_->Listen(node.address, server);
    node.on_role = [this] { TakeRole(); };
    TakeRole();
  }
  ~NodeWriters() {
    node_.on_role = nullptr;
    backups.Stop();
    forwarder->Stop();
    reader->Stop();
    acks->Stop();
    if (forwarding_ != nullptr) forwarding_->Unlisten(node_.address);
    server.Stop();
    port_->Close();
    node_.replicator->Stop();
    executor_.Stop();
  }

  // As Node's method: here, or by the master.
  absl::StatusOr<IncrementResult> Increment(const std::string& key,
                                            const WriteOptions& options) {
    auto written = writer.Increment(key, 1, options, Room::kAwait);
    if (forwarder->Takes(written.status(), options.timeout)) {
      return forwarder->Await<IncrementResult>(
          Command::Increment(key, 1, options));
    }
    return writer.Await(std::move(written));
  }
  template <typename Result>
  absl::StatusOr<Result> Forward(Command command) {
    return forwarder->Await<Result>(std::move(command));
  }

 private:
  void TakeRole() {
    const replication::ReplicatorStatus status = node_.status();
    if (status.master_address.empty()) return forwarder->SetRoute(std::nullopt);
    forwarder->SetRoute(ForwardRoute{.epoch = status.view.epoch,
                                     .address = status.master_address});
  }

  replication::EngineGroup::Node& node_;
  InProcessForwarding* const forwarding_;
  InProcessForwarding nowhere_;
  const SystemClock clock_;
  Executor executor_;

 public:
  Writer writer;
  const std::shared_ptr<AckWatch> acks;
  Backups backups;
  const std::shared_ptr<FreshReader> reader;

 private:
  const std::unique_ptr<ForwardTransport> port_;

 public:
  const std::shared_ptr<Forwarder> forwarder;
  ForwardServer server;
  AsyncWriter async;
};

// The master from its replicas, in a group of three, and together again.
inline void Separate(replication::EngineGroup& group) {
  for (const char* replica : {"b:1", "c:1"}) {
    group.network().Refuse("a:1", replica, true);
    group.network().Cut("a:1", replica);
  }
}

inline void Join(replication::EngineGroup& group) {
  for (const char* replica : {"b:1", "c:1"})
    group.network().Refuse("a:1", replica, false);
}

// What an asynchronous operation is told.
template <typename Result>
class Promised {
 public:
  auto done() {
    return
        [this](absl::StatusOr<Result> r) { promise_.set_value(std::move(r)); };
  }
  absl::StatusOr<Result> Get() { return promise_.get_future().get(); }

 private:
  std::promise<absl::StatusOr<Result>> promise_;
};

}  // namespace vigil

#endif  // VIGIL_TESTS_VIGIL_NODE_WRITERS_H_
