#include "vigil/node_impl.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "engine/base/random.h"
#include "engine/rocksdb_storage.h"
#include "replication/grpc_admission.h"
#include "replication/identity.h"
#include "vigil/boot_identity.h"
#include "vigil/conversions.h"
#include "vigil/dropped_feed.h"
#include "vigil/errand.h"
#include "vigil/insight_status.h"
#include "vigil/write_errors.h"

namespace vigil {
namespace {

// A message of the stream holds at least one record, however large, and some
// words.
constexpr size_t kMessageRoom = 64 << 10;

std::string AddressOf(const Options& options, std::string_view name) {
  for (const MemberAddress& member : options.members) {
    if (member.name == name) return member.address;
  }
  return {};
}

// The callbacks that come from other threads than the caller's.
Options BehindGate(Options options, const std::shared_ptr<CallbackGate>& gate) {
  options.logger = CallbackGate::Guard(gate, std::move(options.logger));
  options.on_progress =
      CallbackGate::Guard(gate, std::move(options.on_progress));
  options.on_event = CallbackGate::Guard(gate, std::move(options.on_event));
  options.on_dropped_writes =
      CallbackGate::Guard(gate, std::move(options.on_dropped_writes));
  return options;
}

Logger MakeLogger(const Options& options) {
  if (!options.logger) return {};
  return [log = options.logger](LogLevel level, std::string_view line) {
    log(static_cast<LogSeverity>(level), line);
  };
}

engine::EngineOptions MakeEngineOptions(const Options& options) {
  engine::EngineOptions engine;
  engine.fsync = static_cast<engine::FsyncPolicy>(options.fsync);
  engine.key_bytes_max = options.key_bytes_max;
  engine.value_bytes_max = options.value_bytes_max;
  engine.log_memory_bytes = options.log_memory_bytes;
  engine.log_disk_bytes = options.log_disk_bytes;
  engine.checkpoint_period = options.checkpoint_period;
  engine.slow_log = {.threshold = options.slow_log_threshold,
                     .max_length = options.slow_log_length};
  engine.databases = options.databases;
  engine.max_memory = options.max_memory;
  engine.eviction =
      static_cast<engine::EvictionPolicy>(options.eviction_policy());
  engine.on_storage_failure =
      static_cast<engine::OnStorageFailure>(options.on_storage_failure);
  return engine;
}

replication::Options MakeReplicationOptions(const Options& options) {
  replication::Options to;
  to.address = AddressOf(options, options.node_id);
  to.priority = options.priority;
  to.shared_options = ToSharedOptions(options);
  to.all_synced = options.fsync == Fsync::kAlways;
  to.min_replicas_to_write = options.min_replicas_to_write;
  to.min_replicas_max_lag = options.min_replicas_max_lag;
  const absl::Duration down_after = options.sentinel.down_after;
  to.isolation_timeout = options.isolation_timeout.value_or(down_after / 2);
  // Five signs of life may be lost before a master holds itself for isolated.
  to.heartbeat = std::clamp(to.isolation_timeout / 5, absl::Milliseconds(5),
                            absl::Milliseconds(100));
  to.link_timeout = std::max(down_after, 10 * to.heartbeat);
  return to;
}

size_t MessageBytesMax(const Options& options) {
  return MakeReplicationOptions(options).message_bytes + kMessageRoom +
         options.key_bytes_max + options.value_bytes_max;
}

// To itself, too: what has been sent to another master before may end here.
std::optional<ForwardRoute> RouteTo(
    const replication::ReplicatorStatus& status) {
  if (status.view.role == replication::Role::kMaster && !status.settled_master)
    return std::nullopt;
  if (status.master_address.empty()) return std::nullopt;
  return ForwardRoute{.epoch = status.view.epoch,
                      .address = status.master_address};
}

sentinel::Options MakeSentinelOptions(const Options& options,
                                      const replication::MemberPort& member) {
  const replication::MemberView own = member.view();
  sentinel::Options to;
  to.group = options.group;
  to.shared_options = ToSharedOptions(options);
  to.name = options.node_id;
  to.id = own.id;
  to.members = own.configuration.members;
  to.quorum =
      options.sentinel.quorum.value_or(own.configuration.size() / 2 + 1);
  to.down_after = options.sentinel.down_after;
  to.failover_timeout = options.sentinel.failover_timeout;
  to.fast_fail = options.sentinel.fast_fail;
  to.seed = RandomFromSystem();
  return to;
}

RoleView ToRoleView(const replication::ReplicatorStatus& status) {
  // The promise is the epoch that a member lives in, with or without a master.
  RoleView view{.epoch = status.view.promise.number, .reason = status.reason};
  if (status.settled_master) view.role = NodeRole::kMaster;
  // A master that has not caught up yet is told to nobody, not even as such.
  if (status.settled_master ||
      status.view.role == replication::Role::kReplica) {
    view.master = status.view.master;
    view.master_address = status.master_address;
  }
  return view;
}

uint64_t Behind(uint64_t ahead, uint64_t here) {
  return ahead > here ? ahead - here : 0;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Node>> Node::Open(const Options& options,
                                                 const WorkOptions& work) {
  if (absl::Status valid = options.Validate(); !valid.ok()) return valid;
  return NodeImpl::Open(options, work, [](const std::string& data_dir) {
    return engine::OpenRocksDbStorage(data_dir);
  });
}

absl::StatusOr<std::unique_ptr<Node>> NodeImpl::Open(const Options& options,
                                                     const WorkOptions& work,
                                                     OpenStorage open_storage) {
  auto node = std::make_unique<NodeImpl>(options, std::move(open_storage));
  const auto gate = node->gate_;
  const auto held =
      std::make_shared<std::unique_ptr<NodeImpl>>(std::move(node));
  const auto errand = Errand::Begin(
      "vigil-open", "the start", Limit::In(work.timeout, work.cancel),
      [held](const Limit& limit) {
        const absl::Status started = (*held)->Start(limit);
        if (!started.ok()) held->reset();
        return started;
      },
      [held] { held->reset(); });
  if (absl::Status started = errand->Await(); !started.ok()) {
    gate->Close();
    return started;
  }
  return std::unique_ptr<Node>(std::move(*held));
}

NodeImpl::NodeImpl(const Options& options, OpenStorage open_storage)
    : options_(BehindGate(options, gate_)),
      open_storage_(std::move(open_storage)),
      logger_(MakeLogger(options_)),
      roles_(executor_),
      events_(executor_, options.on_event) {}

absl::Status NodeImpl::Start(const Limit& limit) {
  if (absl::Status s = OpenSecurity(); !s.ok()) return s;
  if (absl::Status s = OpenEngine(limit); !s.ok()) return s;
  if (absl::Status s = OpenReplicator(); !s.ok()) return s;
  if (absl::Status s = OpenMonitor(); !s.ok()) return s;
  if (absl::Status s = limit.Check(); !s.ok()) return s;
  if (absl::Status s = Listen(); !s.ok()) return s;
  PublishRole();
  replicator_->Start();
  monitor_->Start();
  return absl::OkStatus();
}

// Its storage may hang, and nobody can interrupt that. So another thread ends the node,
// and is waited for as long as the options say.
void NodeImpl::operator delete(NodeImpl* node, std::destroying_delete_t) {
  const auto gate = node->gate_;
  const Logger logger = node->logger_;
  const absl::Duration timeout = node->options_.close_timeout;
  node->EndCallbacks();
  const auto end = Errand::Begin("vigil-end", "the end of the node",
                                 Limit::In(timeout), [node](const Limit&) {
                                   node->~NodeImpl();
                                   ::operator delete(node);
                                   return absl::OkStatus();
                                 });
  if (absl::Status ended = end->Await(); !ended.ok())
    Log(logger, LogLevel::kWarning, ended.ToString());
  gate->Close();
}

// None of these waits for the disk.
void NodeImpl::EndCallbacks() {
  // 1. Writes, the asynchronous operations: who waits is told that nobody does any more.
  //    Writes first: a callback may be in one, and the others wait for that thread.
  if (writer_) writer_->Close();
  if (backups_) backups_->Stop();
  if (forwarder_) forwarder_->Stop();
  if (reader_) reader_->Stop();
  if (acks_) acks_->Stop();
  // 2. The callback thread: the application is called no more, but for its logger.
  executor_.Stop();
}

// Each step ends what could still call into the things that end after it.
NodeImpl::~NodeImpl() {
  EndCallbacks();
  // 3. The sentinel: it asks no one any more, and answers nobody.
  if (monitor_) monitor_->Stop();
  // 4. The services: handlers under way are cancelled and waited for; and who asked
  // others is told no more.
  if (forwarded_) forwarded_->Stop();
  if (server_) server_->Shutdown();
  if (forward_links_) forward_links_->Close();
  // 5. The replicator: its links and its thread end, the write gate is closed.
  if (replicator_) replicator_->Stop();
  // 6. The change stream: nobody reads the log for the application any more.
  if (changes_) changes_->Stop();
  // 7. The disk: everything is synced, and the state says so.
  if (server_) SyncAndMarkClean();
  // 8. What nobody uses any more, users before used.
  server_.reset();
  forward_service_.reset();
  sentinel_service_.reset();
  replication_service_.reset();
  door_.reset();
  monitor_.reset();
  asks_.reset();
  async_.reset();
  backups_.reset();  // waits for one that hangs in the disk
  acks_.reset();
  reader_.reset();
  forwarded_.reset();
  changes_.reset();
  replicator_.reset();
  // The answers of the replicator go there until it has ended.
  forwarder_.reset();
  forward_links_.reset();
  writer_.reset();
  links_.reset();
  engine_.reset();
  security_.reset();
}

absl::Status NodeImpl::OpenSecurity() {
  auto security = LiveSecurity::Make(options_.security, clock_, logger_);
  if (!security.ok()) return security.status();
  security_ = *std::move(security);
  return absl::OkStatus();
}

absl::Status NodeImpl::OpenEngine(const Limit& limit) {
  std::unique_ptr<engine::Storage> storage;
  if (!options_.data_dir.empty()) {
    auto opened = open_storage_(options_.data_dir);
    if (!opened.ok()) return opened.status();
    storage = *std::move(opened);
  }
  engine::WorkBoard::Listener on_progress;
  if (options_.on_progress) {
    on_progress = [this](const engine::Work& work) {
      options_.on_progress(ToWorkStatus(work));
    };
  }
  auto engine =
      engine::Engine::Open(MakeEngineOptions(options_), std::move(storage),
                           clock_, logger_, std::move(on_progress), limit);
  if (!engine.ok()) return engine.status();
  engine_ = *std::move(engine);
  return absl::OkStatus();
}

absl::Status NodeImpl::OpenReplicator() {
  const bool all_synced = options_.fsync == Fsync::kAlways;
  auto state = replication::OpenMemberState(
      *engine_, {.group = options_.group,
                 .name = options_.node_id,
                 .data_dir = options_.data_dir,
                 .members = ToConfiguration(options_),
                 .boot = all_synced ? "-" : BootIdentity()});
  if (!state.ok()) return state.status();
  const replication::Options to = MakeReplicationOptions(options_);
  links_ = replication::MakeGrpcTransport(security_->credentials(),
                                          MessageBytesMax(options_));
  replicator_ = std::make_unique<replication::Replicator>(
      to, *std::move(state), *engine_, *links_, clock_, logger_,
      [this] {
        PublishRole();
        monitor_->MemberChanged();
      },
      [this] {
        changes_->Wake();
        acks_->Wake();
        forwarded_->Wake();
      },
      replication::DroppedOptions{
          .dir =
              options_.data_dir.empty() ? "" : options_.data_dir + "/dropped",
          .listener = MakeDroppedFeed(executor_, options_.on_dropped_writes)});
  changes_ = std::make_unique<ChangeStream>(
      *engine_, [this] { return replicator_->log_facts(); }, executor_,
      options_.databases);
  writer_ = std::make_unique<Writer>(
      *engine_, *replicator_, clock_,
      WriterOptions{.sync_all = all_synced,
                    .databases = options_.databases,
                    .bounds = BoundsIn(options_),
                    .forwards = options_.forward_writes},
      [this] { return NotMasterError(roles_.latest()); });
  OpenForwarding();
  reader_ =
      std::make_shared<FreshReader>(*engine_, *replicator_, executor_, clock_);
  acks_ = std::make_shared<AckWatch>([this] { return writer_->progress(); },
                                     engine_->durable(), executor_, clock_,
                                     options_.async_operations_max);
  backups_ = std::make_unique<Backups>(
      [this](const std::string& dir, const Limit& limit) {
        return MakeBackup(dir, limit);
      });
  async_ = std::make_unique<AsyncWriter>(*writer_, forwarder_, reader_,
                                         *backups_, acks_);
  return absl::OkStatus();
}

void NodeImpl::OpenForwarding() {
  forward_links_ = MakeGrpcForwardTransport(security_->credentials(),
                                            MessageBytesMax(options_));
  forwarder_ = std::make_shared<Forwarder>(
      ForwarderOptions{
          .enabled = options_.forward_writes,
          .session = {RandomFromSystem(), RandomFromSystem()},
          .seed = RandomFromSystem(),
          .command_bytes_max = MessageBytesMax(options_) - kMessageRoom,
          .core = {.writes_max = options_.async_operations_max,
                   .bytes_max = options_.log_memory_bytes}},
      *forward_links_,
      [this](const Receipt& receipt, MonoTime deadline,
             std::function<void()> then) {
        replicator_->AskRecord(
            receipt.epoch, receipt.index, deadline,
            [then = std::move(then)](const auto&) { then(); });
      },
      clock_);
  forwarded_ = std::make_unique<ForwardServer>(
      *engine_, *replicator_, *writer_, clock_, options_.async_operations_max);
}

absl::Status NodeImpl::OpenMonitor() {
  sentinel::PersistentState state;
  if (const std::string saved = engine_->ReadMeta(kSentinelMeta);
      !saved.empty()) {
    auto read = sentinel::DecodePersistentState(saved);
    if (!read.ok()) return read.status();
    state = *read;
  }
  const sentinel::Options to = MakeSentinelOptions(options_, *replicator_);
  if (absl::Status s = to.Validate(); !s.ok()) return s;
  asks_ = sentinel::MakeGrpcTransport(security_->credentials());
  monitor_ = std::make_unique<sentinel::Monitor>(
      to, state,
      sentinel::Monitor::Ports{
          .transport = *asks_,
          .member = *replicator_,
          .clock = clock_,
          .save =
              [this](const std::string& bytes) {
                return engine_->WriteMeta(kSentinelMeta, bytes);
              },
          .announce = [this](const auto& event) { Announce(event); }});
  return absl::OkStatus();
}

absl::Status NodeImpl::Listen() {
  door_ = replication::MakeDoorkeeper(security_->credentials(),
                                      AddressOf(options_, options_.node_id),
                                      clock_, logger_);
  replication_service_ = replication::MakeLinkService(*replicator_, *door_);
  sentinel_service_ = sentinel::MakeSentinelService(*monitor_, *door_);
  forward_service_ = MakeForwardService(*forwarded_, *door_);
  const std::string address = options_.listen.empty()
                                  ? AddressOf(options_, options_.node_id)
                                  : options_.listen;
  auto server = GrpcServer::Start(
      address,
      {door_->service(), replication_service_->service(),
       sentinel_service_->service(), forward_service_->service()},
      security_->credentials(), MessageBytesMax(options_));
  if (!server.ok()) return server.status();
  server_ = *std::move(server);
  return absl::OkStatus();
}

void NodeImpl::PublishRole() {
  const replication::ReplicatorStatus status = replicator_->status();
  roles_.Publish(ToRoleView(status));
  forwarder_->SetRoute(RouteTo(status));
}

void NodeImpl::Announce(const sentinel::SentinelEvent& event) {
  Log(logger_, LogLevel::kNotice, absl::StrCat(event.name, " ", event.text));
  events_.Tell({.name = event.name,
                .text = event.text,
                .time = absl::FromUnixMillis(clock_.Wall().ms)});
}

void NodeImpl::SyncAndMarkClean() {
  replicator_->ForgetTold();
  const uint64_t last = engine_->last_index();
  const MonoTime deadline = clock_.Mono() + options_.close_timeout / 2;
  engine_->RequestSync(last);
  for (uint64_t seen = engine_->durable().Seen();
       engine_->durable_index() < last; seen = engine_->durable().Seen()) {
    if (!engine_->health().ok()) return;
    if (!engine_->durable().WaitPast(seen, deadline)) return;
  }
  const absl::Status marked =
      replication::MarkClean(*engine_, replicator_->state());
  if (!marked.ok()) {
    Log(logger_, LogLevel::kWarning,
        absl::StrCat("not closed cleanly: ", marked.ToString()));
  }
}

absl::Status NodeImpl::Backup(const std::string& dir,
                              const WorkOptions& options) {
  return backups_->MakeNow(dir, Limit::In(options.timeout, options.cancel));
}

absl::Status NodeImpl::MakeBackup(const std::string& dir, const Limit& limit) {
  const auto labels = replication::BackupLabels(*engine_);
  if (!labels.ok()) return labels.status();
  if (absl::Status s = engine_->Backup(dir, *labels, limit); !s.ok()) return s;
  const auto after = replication::BackupLabels(*engine_);
  if (!after.ok()) return after.status();
  if (*after == *labels) return absl::OkStatus();
  // What the labels say of the log may not be what is in it.
  std::error_code ignored;
  std::filesystem::remove_all(dir, ignored);
  return absl::AbortedError(
      "this node's epoch or role changed while the backup was made; try again");
}

Subscription NodeImpl::OnRole(std::function<void(const RoleView&)> listener) {
  return roles_.Subscribe(std::move(listener));
}

absl::StatusOr<Subscription> NodeImpl::Watch(
    const WatchOptions& options,
    std::function<void(const ChangeBatch&)> callback) {
  return changes_->Watch(options, std::move(callback));
}

ServerStatus NodeImpl::Server() const {
  return {.version = VIGIL_VERSION,
          .group = options_.group,
          .node_id = options_.node_id,
          .address = AddressOf(options_, options_.node_id),
          .process_id = ::getpid(),
          .uptime = clock_.Mono() - opened_};
}

ForwardingStatus NodeImpl::Forwarding() const {
  const ForwardCounters from = forwarder_->counters();
  const ForwardServer::Counters served = forwarded_->counters();
  return {.sent = from.sent,
          .retried = from.retried,
          .recognised = from.once_more,
          .refused = from.refused,
          .unknown = from.unknown,
          .under_way = from.under_way,
          .waiting = from.waiting,
          .received = served.received,
          .duplicates = served.once_more};
}

absl::Status NodeImpl::UpdateSecurity(const SecurityOptions& security) {
  if (absl::Status s = security.Validate(); !s.ok()) return s;
  return security_->Update(security);
}

NodeStatus NodeImpl::status() const {
  const replication::ReplicatorStatus from = replicator_->status();
  const engine::EngineStatus engine = engine_->status();
  NodeStatus to{.role = ToRoleView(from),
                .linked = from.view.linked,
                .syncing = from.syncing,
                .last_index = engine.last_index,
                .persisted_index = engine.persisted_index,
                .durable_index = engine.durable_index,
                .commit_index = from.view.commit,
                .lag = Behind(from.master_last, engine.last_index),
                .keys = engine.keys,
                .expired_keys = engine.expired_keys,
                .refusal = from.refusal,
                .full_syncs = from.full_syncs,
                .rewinds = from.rewinds,
                .dropped_writes = from.dropped.writes,
                .dropped_bytes = from.dropped.bytes,
                .dropped_file = from.dropped.last_file,
                .good_replicas = from.good_replicas,
                .unreplicated = writer_->unreplicated(),
                .forwarding = Forwarding(),
                .health = engine.health,
                .server = Server(),
                .persistent = !engine_->memory_only(),
                .checkpoint_index = engine.checkpoint_index,
                .log_first_index = engine.log_first_index,
                .state_disk_bytes = engine.storage.state_bytes,
                .log_disk_bytes = engine.storage.log_bytes};
  if (from.view.lineage) to.lineage = ToString(from.view.lineage);
  TellMemory(engine, options_.eviction_policy(), to);
  to.back_pressure = writer_->back_pressure(engine.pressure);
  TellInsight(engine_->insight(), to);
  to.big_keys = ToBigKeys(engine_->big_keys());
  for (const engine::Work& work : engine_->works())
    to.works.push_back(ToWorkStatus(work));
  for (const auto& [member, progress] : from.replicas) {
    to.replicas.push_back({.name = member.name,
                           .address = member.address,
                           .linked = progress.linked,
                           .held_index = progress.held,
                           .lag = Behind(engine.last_index, progress.held)});
  }
  const sentinel::Status watch = monitor_->status();
  to.failover = watch.failover;
  to.obstacle = watch.obstacle;
  for (const sentinel::PeerStatus& peer : watch.peers) {
    to.peers.push_back({.name = peer.name,
                        .address = peer.address,
                        .sdown = peer.sdown,
                        .last_seen = peer.last_seen,
                        .refusal = peer.refusal});
    if (to.refusal.empty() && to.role.master.empty()) to.refusal = peer.refusal;
  }
  return to;
}

}  // namespace vigil
