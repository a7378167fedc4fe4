#include "vigil/node_impl.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/rocksdb_storage.h"
#include "replication/grpc_admission.h"
#include "replication/identity.h"
#include "vigil/boot_identity.h"
#include "vigil/conversions.h"
#include "vigil/dropped_feed.h"
#include "vigil/errand.h"
#include "vigil/layer_options.h"
#include "vigil/write_errors.h"

namespace vigil {
namespace {

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

using MembersChange = replication::ChangeRequest::Kind;

// To itself, too: what has been sent to another master before may end here.
std::optional<ForwardRoute> RouteTo(
    const replication::ReplicatorStatus& status) {
  if (status.view.role == replication::Role::kMaster && !status.settled_master)
    return std::nullopt;
  if (status.master_address.empty()) return std::nullopt;
  return ForwardRoute{.epoch = status.view.epoch,
                      .address = status.master_address};
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
  if (member_changes_) member_changes_->Stop();
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
        acks_->Moved();
        forwarded_->Moved();
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
  member_changes_ = std::make_unique<MemberChanges>(
      clock_, [this](const auto& request, MonoTime deadline, auto answer) {
        replicator_->ChangeMembers(request, deadline, std::move(answer));
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

absl::Status NodeImpl::ChangeMembers(const replication::ChangeRequest& request,
                                     absl::Duration timeout) {
  absl::Status made = member_changes_->Make(request, timeout);
  return absl::IsFailedPrecondition(made) ? NotMasterError(roles_.latest())
                                          : made;
}

absl::Status NodeImpl::AddMember(const std::string& name,
                                 absl::Duration timeout) {
  return ChangeMembers({MembersChange::kAddMember, name, {}}, timeout);
}

absl::Status NodeImpl::AddReadReplica(const std::string& name,
                                      absl::Duration timeout) {
  return ChangeMembers({MembersChange::kAddReader, name, {}}, timeout);
}

absl::Status NodeImpl::RemoveMember(const std::string& name,
                                    absl::Duration timeout) {
  return ChangeMembers({MembersChange::kRemove, name, {}}, timeout);
}

absl::Status NodeImpl::ReplaceMember(const std::string& name,
                                     const std::string& newcomer,
                                     absl::Duration timeout) {
  return ChangeMembers({MembersChange::kReplace, name, newcomer}, timeout);
}

Subscription NodeImpl::OnRole(std::function<void(const RoleView&)> listener) {
  return roles_.Subscribe(std::move(listener));
}

absl::StatusOr<Subscription> NodeImpl::Watch(
    const WatchOptions& options,
    std::function<void(const ChangeBatch&)> callback) {
  return changes_->Watch(options, std::move(callback));
}

absl::Status NodeImpl::UpdateSecurity(const SecurityOptions& security) {
  if (absl::Status s = security.Validate(); !s.ok()) return s;
  return security_->Update(security);
}

}  // namespace vigil
