// NodeWriters: the writers of one member of an EngineGroup, wired as a node wires them;
// and what the tests of groups share.
#ifndef VIGIL_TESTS_VIGIL_NODE_WRITERS_H_
#define VIGIL_TESTS_VIGIL_NODE_WRITERS_H_

#include <future>
#include <memory>
#include <string>
#include <utility>

#include "tests/replication/engine_group.h"
#include "vigil/ack_watch.h"
#include "vigil/async_writer.h"
#include "vigil/backups.h"
#include "vigil/executor.h"
#include "vigil/writer.h"

namespace vigil {

// Lifetime: the node outlives it.
class NodeWriters {
 public:
  explicit NodeWriters(replication::EngineGroup::Node& node,
                       const WriterOptions& options = {})
      : node_(node),
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
        async(writer, reader, backups, acks) {
    node.on_log = [this] { acks->Wake(); };
  }
  ~NodeWriters() {
    backups.Stop();
    reader->Stop();
    acks->Stop();
    node_.replicator->Stop();
    executor_.Stop();
  }

 private:
  replication::EngineGroup::Node& node_;
  const SystemClock clock_;
  Executor executor_;

 public:
  Writer writer;
  const std::shared_ptr<AckWatch> acks;
  Backups backups;
  const std::shared_ptr<FreshReader> reader;
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
