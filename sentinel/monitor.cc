#include "sentinel/monitor.h"

#include <utility>
#include <variant>
#include <vector>

namespace vigil::sentinel {
namespace {

// Longer than any asker waits: this only cleans up.
constexpr absl::Duration kReplyTimeout = absl::Seconds(10);

}  // namespace

Monitor::Monitor(const Options& options, const PersistentState& state,
                 Ports ports)
    : options_(options),
      ports_(std::move(ports)),
      core_(options, state, ports_.clock.Mono()) {
  MutexLock lock(mu_);
  status_at_ = ports_.clock.Mono();
  status_ = core_.status(status_at_);
}

void Monitor::Start() {
  thread_ = Thread("vigil-sentinel", [this] { Run(); });
}

void Monitor::Stop() {
  queue_->Close();
  thread_.Join();
  pending_->FailAll();
}

void Monitor::Answer(
    Question question,
    std::function<void(absl::StatusOr<sentinel::Answer>)> reply) {
  const uint64_t token =
      pending_->Add(std::move(reply), ports_.clock.Mono() + kReplyTimeout);
  if (token != 0) queue_->Put(QuestionAsked{token, std::move(question)});
}

Status Monitor::status() const {
  MutexLock lock(mu_);
  Status status = status_;
  const absl::Duration since = ports_.clock.Mono() - status_at_;
  for (PeerStatus& peer : status.peers) peer.last_seen += since;
  return status;
}

void Monitor::Run() {
  while (std::optional<Event> event = queue_->Take(core_.wake())) {
    StepAndExecute(*event);
    pending_->Expire(ports_.clock.Mono());
  }
}

void Monitor::StepAndExecute(const Event& event) {
  std::vector<Action> actions =
      core_.Step(event, ports_.member.view(), ports_.clock.Mono());
  {
    MutexLock lock(mu_);
    status_at_ = ports_.clock.Mono();
    status_ = core_.status(status_at_);
  }
  for (Action& action : actions) {
    if (save_failure_.empty()) {
      std::visit([&](auto& what) { Execute(what); }, action);
    } else {
      Abandon(action);
    }
  }
  if (!save_failure_.empty()) {
    StepAndExecute(SaveFailed{std::exchange(save_failure_, {})});
  }
}

void Monitor::Execute(Ask& action) {
  if (action.to == options_.name) {
    AskOwnMember(action.question,
                 [queue = queue_, from = action.to,
                  round = action.round](sentinel::Answer answer) {
                   queue->Put(Answered{from, round, std::move(answer)});
                 });
    return;
  }
  ports_.transport.Ask(
      action.address, action.question, action.timeout,
      [queue = queue_, to = action.to, round = action.round,
       topic = TopicOf(action.question.body)](AskResult result) {
        if (result.answer.ok() && TopicOf(*result.answer) == topic) {
          queue->Put(Answered{to, round, *std::move(result.answer)});
          return;
        }
        std::string why = result.answer.ok()
                              ? "it answered something else"
                              : std::string(result.answer.status().message());
        queue->Put(AskFailed{to, topic, round, result.failure, std::move(why)});
      });
}

void Monitor::Execute(Reply& action) {
  pending_->Answer(action.token, std::move(action.answer));
}

void Monitor::Execute(PassToMember& action) {
  AskOwnMember(action.question, [pending = pending_, token = action.token](
                                    sentinel::Answer answer) {
    pending->Answer(token, std::move(answer));
  });
}

void Monitor::Execute(SaveState& action) {
  const absl::Status saved = ports_.save(action.bytes);
  if (!saved.ok()) save_failure_ = saved.ToString();
}

void Monitor::Execute(sentinel::Announce& action) {
  ports_.announce(action.event);
}

// Behind a barrier that did not hold nothing happens, but nobody waits for it either.
void Monitor::Abandon(const Action& action) {
  const absl::Status why = absl::InternalError(save_failure_);
  if (const auto* reply = std::get_if<Reply>(&action)) {
    pending_->Answer(reply->token, why);
  } else if (const auto* pass = std::get_if<PassToMember>(&action)) {
    pending_->Answer(pass->token, why);
  }
}

// The member answers when it pleases, on its own thread, or never.
void Monitor::AskOwnMember(const Question& question,
                           std::function<void(sentinel::Answer)> done) {
  using replication::FenceRequest;
  using replication::PromoteRequest;
  using replication::ReplicaOfRequest;
  if (const auto* fence = std::get_if<FenceRequest>(&question.body)) {
    ports_.member.Fence(*fence, std::move(done));
  } else if (const auto* promote =
                 std::get_if<PromoteRequest>(&question.body)) {
    ports_.member.Promote(*promote, std::move(done));
  } else if (const auto* follow =
                 std::get_if<ReplicaOfRequest>(&question.body)) {
    ports_.member.ReplicaOf(*follow, std::move(done));
  }
}

}  // namespace vigil::sentinel
