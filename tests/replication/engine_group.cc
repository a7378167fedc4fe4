#include "tests/replication/engine_group.h"

#include <chrono>
#include <future>
#include <map>
#include <utility>

#include "gtest/gtest.h"
#include "replication/identity.h"

namespace vigil::replication {
namespace {

// Far above what a loaded machine under a sanitizer needs; reached only when
// something hangs.
constexpr absl::Duration kPatience = absl::Seconds(30);

MonoTime In(absl::Duration d) { return SystemClock().Mono() + d; }

template <typename Reply>
Reply Await(std::future<Reply> reply) {
  const auto patience = absl::ToChronoSeconds(kPatience);
  if (reply.wait_for(patience) != std::future_status::ready) {
    ADD_FAILURE() << "no answer";
    return {};
  }
  return reply.get();
}

std::map<std::string, std::pair<std::string, uint64_t>> DataOf(
    const engine::Engine& engine) {
  std::map<std::string, std::pair<std::string, uint64_t>> data;
  engine.ForEach([&](std::string_view key, const engine::Entry& entry) {
    data[std::string(key)] = {entry.value, entry.version};
  });
  return data;
}

}  // namespace

uint64_t EngineGroup::Node::Set(const std::string& key,
                                const std::string& value) {
  const auto index = engine->Set(key, value, {}, In(kPatience));
  return index.ok() ? *index : 0;
}

bool EngineGroup::Node::AwaitCommit(uint64_t index, absl::Duration timeout,
                                    std::optional<Epoch> written_in) const {
  const MonoTime deadline = In(timeout);
  const Epoch epoch = written_in.value_or(replicator->master_epoch());
  for (;;) {
    const uint64_t seen = replicator->commit_moved().Seen();
    const CommitPoint at = replicator->commit_point();
    if (at.epoch != epoch) return false;
    if (at.index >= index) return true;
    if (!replicator->commit_moved().WaitPast(seen, deadline)) return false;
  }
}

EngineGroup::EngineGroup(const GroupOptions& options) : options_(options) {
  for (int i = 0; i < options.members; ++i) {
    const std::string name(1, static_cast<char>('a' + i));
    members_.members.push_back({name, name + ":1", NodeId{}});
  }
  for (const Member& member : members_.members) {
    auto node = std::make_unique<Node>();
    node->name = member.name;
    node->address = member.address;
    node->disk = std::make_shared<engine::MemoryDisk>();
    Open(*node);
    nodes_.push_back(std::move(node));
  }
}

EngineGroup::~EngineGroup() {
  for (const auto& node : nodes_) Close(*node);
}

void EngineGroup::Open(Node& node) {
  std::unique_ptr<engine::Storage> storage;
  if (!options_.without_disk)
    storage = std::make_unique<engine::MemoryStorage>(node.disk);
  auto engine =
      engine::Engine::Open(options_.engine, std::move(storage), clock_, {});
  ASSERT_TRUE(engine.ok()) << engine.status();
  node.engine = *std::move(engine);
  auto state = OpenMemberState(
      *node.engine,
      {.group = "g", .name = node.name, .members = members_, .boot = "boot"});
  ASSERT_TRUE(state.ok()) << state.status();
  for (Member& member : members_.members) {
    if (member.name == node.name) member.id = state->id;
  }
  node.port = network_.From(node.address);
  Options options = options_.replication;
  options.address = node.address;
  node.replicator = std::make_unique<Replicator>(
      options, *std::move(state), *node.engine, *node.port, clock_, Logger{},
      [this, &node] {
        node.on_role();
        changed_.Notify();
      },
      [&node] { node.on_log(); },
      DroppedOptions{.dir = options_.folder.empty()
                                ? ""
                                : options_.folder + "/" + node.name,
                     .listener = [&node](const DroppedReport& report) {
                       if (node.on_dropped) node.on_dropped(report);
                     }});
  node.replicator->Start();
  network_.Listen(node.address, *node.replicator);
}

void EngineGroup::Close(Node& node) {
  if (!node.replicator) return;
  node.replicator->Stop();
  network_.Unlisten(node.address);
  node.replicator.reset();
  node.engine.reset();
}

FenceReply EngineGroup::Fence(Node& node, const Epoch& epoch) {
  auto reply = std::make_shared<std::promise<FenceReply>>();
  node.replicator->Fence({epoch},
                         [reply](FenceReply r) { reply->set_value(r); });
  return Await(reply->get_future());
}

bool EngineGroup::Promote(Node& node, const Epoch& epoch,
                          const FenceReply& fenced, bool all_members) {
  auto reply = std::make_shared<std::promise<PromoteReply>>();
  node.replicator->Promote({.epoch = epoch,
                            .position = fenced.view.position,
                            .nonce = fenced.view.nonce,
                            .all_members = all_members,
                            .configuration = members_},
                           [reply](PromoteReply r) { reply->set_value(r); });
  return Await(reply->get_future()).promoted;
}

void EngineGroup::Follow(Node& node, Node& master, const Epoch& epoch) {
  auto reply = std::make_shared<std::promise<ReplicaOfReply>>();
  node.replicator->ReplicaOf(
      {.epoch = epoch,
       .master_name = master.name,
       .master_address = master.address,
       .master_id = master.replicator->view().id},
      [reply](ReplicaOfReply r) { reply->set_value(r); });
  EXPECT_TRUE(Await(reply->get_future()).accepted);
}

void EngineGroup::Bootstrap() {
  const Epoch epoch{1, NodeId{9}};
  FenceReply first;
  for (size_t i = nodes_.size(); i-- > 0;) first = Fence(*nodes_[i], epoch);
  ASSERT_TRUE(Promote(*nodes_[0], epoch, first, /*all_members=*/true));
  for (size_t i = 1; i < nodes_.size(); ++i) {
    Follow(*nodes_[i], *nodes_[0], epoch);
  }
  ASSERT_TRUE(Eventually([&] { return nodes_[0]->status().settled_master; }));
}

bool EngineGroup::Eventually(const std::function<bool()>& condition) {
  const MonoTime deadline = In(kPatience);
  while (!condition()) {
    if (clock_.Mono() > deadline) return false;
    // What moves without a change of role is looked at again soon.
    changed_.WaitPast(changed_.Seen(), In(absl::Milliseconds(2)));
  }
  return true;
}

bool EngineGroup::AreLevel(Node& a, Node& b) {
  return Eventually([&] {
    return a.engine->last_index() == b.engine->last_index() &&
           DataOf(*a.engine) == DataOf(*b.engine) && a.status().view.formed &&
           b.status().view.formed;
  });
}

}  // namespace vigil::replication
