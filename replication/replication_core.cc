#include "replication/replication_core.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "replication/handshake.h"

namespace vigil::replication {

ReplicationCore::ReplicationCore(const Options& options, MemberState state,
                                 uint64_t last, uint64_t nonce, uint64_t seed)
    : options_(options),
      nonce_(nonce),
      random_(seed),
      state_(std::move(state)),
      log_{.last = last, .held = last, .durable = last},
      follower_(options, nonce, state_) {
  // An epoch whose record did not reach the disk has left nothing behind.
  state_.history.TrimTo(last);
}

Actions ReplicationCore::Step(Event event, MonoTime now) {
  actions_.clear();
  std::visit([&](auto& e) { On(e, now); }, event);
  // It comes in the middle of a step, which decides the rest.
  if (std::holds_alternative<GateClosed>(event)) return {};
  Settle();
  AnswerReads(now);
  AdvanceChange(now);
  return std::move(actions_);
}

MemberView ReplicationCore::ViewAt(uint64_t last) const {
  const Configuration& members = state_.configurations.At(last);
  MemberView view{
      .name = state_.name,
      .address = options_.address,
      .id = state_.id,
      .lineage = state_.lineage,
      .role = leader_ ? Role::kMaster : Role::kReplica,
      .epoch = leader_ ? leader_->epoch() : follower_.leader().epoch,
      .master = leader_ ? state_.name : follower_.leader().name,
      .linked = follower_.linked(),
      .promise = state_.promise,
      .position = state_.history.PositionAt(last),
      .commit = commit(),
      .formed = state_.formed,
      .exact = !follower_.replacing(),
      .healthy = healthy_,
      .nonce = nonce_,
      .priority = options_.priority,
      .configuration = members,
      .history_epoch = state_.history.last_epoch()};
  // A member that the group knows under another identity is formed for nobody.
  const Member* self = members.Find(state_.name);
  if (self != nullptr && self->id && members.Find(state_.id) == nullptr)
    view.formed = false;
  return view;
}

// A master has in its log what it has recorded, or will before it does anything else.
const Configuration& ReplicationCore::configuration() const {
  return leader_ ? state_.configurations.newest()
                 : state_.configurations.At(log_.last);
}

uint64_t ReplicationCore::commit() const {
  return leader_ ? leader_->commit() : follower_.commit();
}

void ReplicationCore::On(const LogProgressed& event, MonoTime now) {
  log_ = event;
  if (options_.all_synced) log_.held = log_.durable;
  if (leader_) {
    leader_->OnAppended(event.last, event.bytes, now);
    leader_->OnLocalDurable(event.durable);
    leader_->OnLocalHeld(log_.held);
  } else {
    follower_.OnProgress(log_, now, actions_);
  }
  if (!reads_.empty()) AnswerForRecords();
}

void ReplicationCore::On(const GateClosed& event, MonoTime) {
  log_.last = event.last;
}

void ReplicationCore::On(const StorageFailed&, MonoTime) {
  // It can neither hold nor promise anything any more: whatever it was, another
  // must be it. Reads go on.
  if (!healthy_) return;
  healthy_ = false;
  StepDown("the storage failed");
  follower_.Stop("the storage failed", actions_);
}

void ReplicationCore::On(const Ticked&, MonoTime now) {
  // A rewind may have ended where the log ended before: nothing progressed.
  if (!reads_.empty()) AnswerForRecords();
  if (!leader_) {
    follower_.OnTick(log_, now, actions_);
    return;
  }
  isolated_ = leader_->IsIsolated(now, options_.isolation_timeout);
  CountReplicas(now);
  for (const auto& [link, follower] : std::map(replica_links_)) {
    const auto replica = leader_->replicas().find(follower.id);
    if (now - replica->second.heard <= options_.link_timeout) continue;
    actions_.push_back(CloseLink{link, "the replica is silent"});
    ForgetReplicaLink(link);
  }
}

void ReplicationCore::CountReplicas(MonoTime now) {
  const absl::Duration max_lag = options_.min_replicas_max_lag;
  good_replicas_ = leader_->GoodReplicas(now, max_lag);
  const bool lacks =
      leader_->LacksReplicas(options_.min_replicas_to_write, max_lag, now);
  if (lacks == std::exchange(lacks_replicas_, lacks)) return;
  actions_.push_back(
      Report{.warning = lacks,
             .line = absl::StrCat(lacks ? "writes are refused" : "writes go on",
                                  ": ", good_replicas_, " good replicas, ",
                                  options_.min_replicas_to_write, " needed")});
}

void ReplicationCore::On(const FenceAsked& event, MonoTime) {
  const Epoch& epoch = event.request.epoch;
  if (!epoch || epoch < state_.promise || !healthy_) {
    actions_.push_back(AnswerFence{event.token, false});
    return;
  }
  RaisePromise(epoch, "fenced");
  actions_.push_back(AnswerFence{event.token, true});
}

void ReplicationCore::On(const PromoteAsked& event, MonoTime now) {
  std::string refusal = RefusalToPromote(event.request);
  const bool promoted = refusal.empty();
  if (promoted) BecomeMaster(event.request, now);
  actions_.push_back(AnswerPromote{event.token, promoted, std::move(refusal)});
}

void ReplicationCore::On(const ReplicaOfAsked& event, MonoTime now) {
  const ReplicaOfRequest& request = event.request;
  const bool own_epoch = leader_ && leader_->epoch() == request.epoch;
  if (!request.epoch || request.epoch < state_.promise || own_epoch ||
      !healthy_ || request.master_id == state_.id) {
    actions_.push_back(AnswerReplicaOf{event.token, false});
    return;
  }
  RaisePromise(request.epoch, "told of a newer master");
  follower_.Follow({.epoch = request.epoch,
                    .name = request.master_name,
                    .address = request.master_address,
                    .id = request.master_id},
                   log_.last, now, actions_);
  actions_.push_back(AnswerReplicaOf{event.token, true});
}

// --- Reads that are not older than any acknowledged write

std::pair<Epoch, LinkId> ReplicationCore::ReadingFrom() const {
  if (leader_) return {leader_->epoch(), kOwnReads};
  if (follower_.linked()) return {follower_.leader().epoch, follower_.link()};
  return {};
}

void ReplicationCore::On(const ReadAsked& event, MonoTime now) {
  const uint64_t read = reads_.Ask(event.token, now, event.deadline);
  reads_from_ = ReadingFrom();
  if (reads_from_.first) AskMaster(read, now);
}

void ReplicationCore::On(const CommitAsked& event, MonoTime) {
  reads_from_ = ReadingFrom();
  if (reads_from_.first == event.epoch)
    return reads_.AwaitCommit(event.token, event.index, event.deadline);
  actions_.push_back(AnswerRead{event.token, ReadOutcome::kChanged});
}

void ReplicationCore::On(const RecordAsked& event, MonoTime) {
  reads_from_ = ReadingFrom();
  reads_.AwaitRecord(event.token, event.epoch, event.index, event.deadline);
  AnswerForRecords();
}

void ReplicationCore::On(const ReadGivenUp& event, MonoTime) {
  reads_.GiveUp(event.token);
}

void ReplicationCore::AskMaster(uint64_t read, MonoTime now) {
  if (leader_) return BeginRound(kOwnReads, read);
  follower_.AskRead(read, log_, now, actions_);
}

void ReplicationCore::BeginRound(LinkId reader, uint64_t read) {
  const uint64_t round = leader_->reads().Ask(reader, read, log_.last);
  if (round != 0) actions_.push_back(AskRound{round});
}

void ReplicationCore::AnswerReads(MonoTime now) {
  if (leader_) {
    for (const auto& [reader, read, index] : leader_->reads().TakeConfirmed()) {
      if (reader == kOwnReads) {
        reads_.Answered(read, index);
      } else {
        actions_.push_back(TellRead{reader, read, index});
      }
    }
  }
  if (reads_.empty()) return;
  const auto answer = [this](ReadOutcome outcome, auto over) {
    for (const WaitingReads::Waiter& waiter : reads_.Take(over)) {
      actions_.push_back(
          AnswerRead{waiter.token, outcome, reads_from_.first, waiter.asked});
    }
  };
  using Waiter = WaitingReads::Waiter;
  if (const auto from = ReadingFrom(); from != reads_from_) {
    // What was asked of another master, or on another stream, nobody answers.
    reads_from_ = from;
    answer(ReadOutcome::kChanged, [](const Waiter& waiter) {
      return waiter.what == WaitingReads::For::kCommit;
    });
    const uint64_t again = reads_.AskAgain();
    if (again != 0 && from.first) AskMaster(again, now);
  }
  if (!leader_) {
    const auto [read, index] = follower_.read_answer();
    reads_.Answered(read, index);
  }
  answer(ReadOutcome::kConfirmed, [this](const Waiter& waiter) {
    switch (waiter.what) {
      case WaitingReads::For::kMaster:
        return waiter.index && *waiter.index <= log_.last;
      case WaitingReads::For::kCommit:
        return *waiter.index <= commit();
      case WaitingReads::For::kRecord:
        break;
    }
    return false;
  });
  answer(ReadOutcome::kIsolated, [this](const Waiter& waiter) {
    return isolated_ && waiter.what != WaitingReads::For::kRecord;
  });
  const auto late = [now](const Waiter& waiter) {
    return waiter.deadline <= now;
  };
  if (!reads_from_.first) {
    answer(ReadOutcome::kNoMaster, [&](const Waiter& waiter) {
      return late(waiter) && waiter.what == WaitingReads::For::kMaster;
    });
  }
  answer(ReadOutcome::kLate, late);
}

// Only when the log's end is known: in the step that replaces the log it is not.
void ReplicationCore::AnswerForRecords() {
  const auto wrote = [this](const WaitingReads::Waiter& waiter) {
    return waiter.what == WaitingReads::For::kRecord
               ? state_.history.EpochAt(*waiter.index).number
               : 0;
  };
  for (const auto& lost : reads_.Take([&](const WaitingReads::Waiter& waiter) {
         return wrote(waiter) > waiter.epoch;
       })) {
    actions_.push_back(AnswerRead{lost.token, ReadOutcome::kLost});
  }
  if (follower_.replacing()) return;
  for (const auto& here : reads_.Take([&](const WaitingReads::Waiter& waiter) {
         return waiter.what == WaitingReads::For::kRecord &&
                *waiter.index <= log_.last && wrote(waiter) == waiter.epoch;
       })) {
    actions_.push_back(AnswerRead{here.token, ReadOutcome::kConfirmed});
  }
}

void ReplicationCore::On(MessageReceived& event, MonoTime now) {
  if (const Hello* hello = std::get_if<Hello>(&event.message)) {
    return OnHello(event.link, *hello, event.log_holds_from, now);
  }
  if (RewindKeys* keys = std::get_if<RewindKeys>(&event.message)) {
    if (replica_links_.contains(event.link))
      actions_.push_back(FeedKeys{event.link, std::move(*keys)});
    return;
  }
  if (const Ack* ack = std::get_if<Ack>(&event.message)) {
    const auto link = replica_links_.find(event.link);
    if (link == replica_links_.end()) return;
    leader_->OnAck(link->second.id, *ack, now);
    if (ack->epoch == leader_->epoch()) BeginRound(event.link, ack->read);
    return;
  }
  if (!follower_.following() || event.link != follower_.link()) return;
  if (const Refused* refused = std::get_if<Refused>(&event.message);
      refused != nullptr && refused->promise > state_.promise) {
    // The master knows of a newer epoch; the sentinel will say who leads it.
    return RaisePromise(refused->promise, refused->why);
  }
  follower_.OnMessage(event, log_, now, actions_);
}

void ReplicationCore::On(const LinkClosed& event, MonoTime now) {
  if (follower_.following() && event.link == follower_.link()) {
    follower_.OnLinkClosed(event.why, now, actions_);
  }
  ForgetReplicaLink(event.link);
}

void ReplicationCore::On(TailRead& event, MonoTime now) {
  if (follower_.following() && event.link == follower_.link())
    follower_.OnTailRead(std::move(event.keys), now, actions_);
}

void ReplicationCore::On(const ApplyFailed& event, MonoTime now) {
  settled_ = {};  // it may have stood behind what failed
  if (follower_.following() && event.link == follower_.link()) {
    follower_.OnApplyFailed(event.why, now, actions_);
  }
}

void ReplicationCore::OnHello(LinkId link, const Hello& hello,
                              uint64_t log_holds_from, MonoTime now) {
  if (replica_links_.contains(link)) {
    actions_.push_back(CloseLink{link, "a second hello"});
    return ForgetReplicaLink(link);
  }
  if (hello.group == state_.group && hello.epoch > state_.promise && healthy_) {
    RaisePromise(hello.epoch, absl::StrCat("'", hello.name, "' follows epoch ",
                                           hello.epoch.number));
  }
  auto answer = DecideHandshake(hello, {.state = state_,
                                        .is_master = leader_ != nullptr,
                                        .epoch = master_epoch(),
                                        .last_index = log_.last,
                                        .log_holds_from = log_holds_from,
                                        .options = options_.shared_options});
  if (const Refused* refused = std::get_if<Refused>(&answer)) {
    actions_.push_back(
        Report{.warning = true,
               .line = absl::StrCat("refused replica '", hello.name,
                                    "': ", refused->why)});
  } else {
    // One stream a replica: a new one means that the old is dead.
    for (const auto& [old, follower] : std::map(replica_links_)) {
      if (follower.id != hello.id) continue;
      actions_.push_back(CloseLink{old, "the replica came back"});
      ForgetReplicaLink(old);
    }
    replica_links_[link] = {hello.name, hello.address, hello.id};
    leader_->OnLinked(hello.id, now);
  }
  actions_.push_back(Feed{link, std::move(answer)});
}

void ReplicationCore::Settle() {
  const bool certain = leader_ ? leader_->commit() > 0
                               : follower_.linked() && follower_.commit() > 0;
  if (!certain) return;
  const std::pair now{leader_ ? leader_->epoch() : follower_.leader().epoch,
                      follower_.full_syncs() + follower_.rewinds()};
  if (now == settled_) return;
  settled_ = now;
  actions_.push_back(SettleDropped{state_.history});
}

// Everything below `epoch` stops here and now; the promise is on disk before
// anything that follows in this step.
void ReplicationCore::RaisePromise(const Epoch& epoch, std::string_view why) {
  if (epoch <= state_.promise) return;
  actions_.push_back(
      Report{.about_role = true,
             .line = absl::StrCat("promised epoch ", epoch.number, ": ",
                                  absl::string_view(why.data(), why.size()))});
  StepDown(why);
  follower_.Stop(why, actions_);
  state_.promise = epoch;
  actions_.push_back(Persist{state_});
}

void ReplicationCore::StepDown(std::string_view why) {
  if (!leader_) return;
  actions_.push_back(CloseGate{});
  for (const auto& [link, follower] : replica_links_) {
    actions_.push_back(CloseLink{link, "no longer master"});
  }
  actions_.push_back(Report{
      .warning = true,
      .about_role = true,
      .line =
          absl::StrCat("no longer master of epoch ", leader_->epoch().number,
                       ": ", absl::string_view(why.data(), why.size()))});
  replica_links_.clear();
  leader_.reset();
  state_.appending.reset();
  AnswerChangeAsked(change_ && change_->begun
                        ? absl::DeadlineExceededError(
                              "this node lost its role in the middle of the "
                              "change: whether it is made is decided by the "
                              "next master")
                        : absl::FailedPreconditionError(
                              "this node is not the master any more"));
  isolated_ = false;
  good_replicas_ = 0;
  lacks_replicas_ = false;
}

std::string ReplicationCore::RefusalToPromote(
    const PromoteRequest& request) const {
  const Position at = state_.history.PositionAt(log_.last);
  if (!healthy_) return "its storage failed";
  if (request.epoch != state_.promise) {
    return absl::StrCat("its promise is ", ToString(state_.promise), ", not ",
                        ToString(request.epoch));
  }
  if (request.nonce != nonce_) return "it restarted since it answered";
  if (request.position != at) {
    return absl::StrCat("it is at ", ToString(at), ", not at ",
                        ToString(request.position));
  }
  if (leader_) return "it is master already";
  if (follower_.replacing())
    return "it is in the middle of a full sync or a rewind";
  if (!state_.formed && !request.all_members) return "it is not formed";
  if (state_.history.last_epoch() >= request.epoch) {
    return "its history has that epoch already";
  }
  const Configuration& recorded = configuration();
  const Configuration& members =
      recorded.version > 0 ? recorded : request.configuration;
  if (members.Find(state_.id) == nullptr) {
    return "the configuration does not name it with its identity";
  }
  return {};
}

void ReplicationCore::BecomeMaster(const PromoteRequest& request,
                                   MonoTime now) {
  follower_.Stop("promoted", actions_);
  const uint64_t first = log_.last + 1;
  std::string configuration_record;
  state_.configurations.TrimTo(log_.last);
  if (configuration().version == 0) {
    Configuration members{.version = 1,
                          .members = request.configuration.members};
    configuration_record = EncodeConfiguration(members);
    state_.configurations.Append(first + 1, std::move(members));
  }
  if (!state_.lineage) state_.lineage = Lineage{random_.Next() | 1};
  state_.formed = true;
  state_.history.Append(request.epoch, first);
  leader_ =
      std::make_unique<LeaderCore>(state_.configurations.newest(), state_.id,
                                   request.epoch, first, now, log_.bytes);
  actions_.push_back(Persist{state_});
  // Feeders of an older epoch asked for other rounds.
  actions_.push_back(AskRound{});
  actions_.push_back(
      OpenGate{ToString(request.epoch), std::move(configuration_record)});
  actions_.push_back(
      Report{.about_role = true,
             .line = absl::StrCat("master of epoch ", request.epoch.number,
                                  " from index ", first)});
}

void ReplicationCore::ForgetReplicaLink(LinkId link) {
  const auto it = replica_links_.find(link);
  if (it == replica_links_.end()) return;
  leader_->OnUnlinked(it->second.id);
  leader_->reads().Forget(link);
  replica_links_.erase(it);
}

}  // namespace vigil::replication
