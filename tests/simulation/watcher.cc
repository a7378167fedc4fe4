#include "tests/simulation/watcher.h"

#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"

namespace vigil::simulation {
namespace {

constexpr char kMeta[] = "sentinel";

sentinel::PersistentState SavedState(const engine::Engine& engine) {
  const std::string saved = engine.ReadMeta(kMeta);
  return saved.empty() ? sentinel::PersistentState{}
                       : *sentinel::DecodePersistentState(saved);
}

}  // namespace

Watcher::Watcher(const Surroundings& surroundings,
                 const sentinel::Options& options)
    : world_(surroundings.world),
      host_(surroundings.host),
      calls_(surroundings.calls),
      engine_(surroundings.engine),
      member_(surroundings.member),
      clock_(surroundings.clock),
      machine_at_(surroundings.machine_at),
      options_(options),
      core_(options, SavedState(engine_), clock_.Mono()) {}

void Watcher::Start() {
  calls_.Listen(host_.machine(), this);
  Put(sentinel::TimePassed{});
}

void Watcher::OnQuestion(const sentinel::Question& question, Reply reply) {
  const uint64_t token = ++tokens_;
  replies_[token] = {question, std::move(reply)};
  Put(sentinel::QuestionAsked{token, question});
}

void Watcher::Put(sentinel::Event event) {
  host_.Post(absl::Microseconds(10),
             [this, event = std::move(event)] { Step(event); });
}

void Watcher::Step(const sentinel::Event& event) {
  std::vector<sentinel::Action> actions =
      core_.Step(event, member_.view(), clock_.Mono());
  for (sentinel::Action& action : actions) {
    if (world_.weather.crash_one_in > 0 &&
        world_.Bad(world_.weather.crash_one_in)) {
      return host_.Die("crash_between_actions");
    }
    if (!save_failure_.empty()) continue;
    std::visit([&](auto& what) { Execute(what); }, action);
    if (host_.dead()) return;
  }
  if (!save_failure_.empty())
    return Step(sentinel::SaveFailed{std::exchange(save_failure_, {})});
  PlanWake();
}

void Watcher::PlanWake() {
  const uint64_t wake = ++wakes_;
  const MonoTime at = clock_.When(core_.wake());
  const absl::Duration delay =
      std::max(absl::Microseconds(1), at - world_.scheduler.now());
  host_.Post(delay, [this, wake] {
    if (wake == wakes_) Step(sentinel::TimePassed{});
  });
}

void Watcher::Execute(sentinel::Ask& action) {
  if (action.to == options_.name) {
    return AskOwnMember(
        action.question, [this, from = action.to,
                          round = action.round](sentinel::Answer answer) {
          Put(sentinel::Answered{from, round, std::move(answer)});
        });
  }
  if (const auto* vote =
          std::get_if<sentinel::VoteRequest>(&action.question.body);
      vote != nullptr && !vote->pre) {
    TellVote(vote->number, options_.id);
  }
  const auto done =
      [this, to = action.to, round = action.round,
       topic = TopicOf(action.question.body)](sentinel::AskResult result) {
        if (result.answer.ok() && TopicOf(*result.answer) == topic) {
          return Put(sentinel::Answered{to, round, *std::move(result.answer)});
        }
        Put(sentinel::AskFailed{to, topic, round, result.failure, "no answer"});
      };
  calls_.Ask(host_.machine(), machine_at_(action.address), action.question,
             action.timeout, host_.Guarded<sentinel::AskResult>(done));
}

void Watcher::Execute(sentinel::Reply& action) {
  Answer(action.token, std::move(action.answer));
}

void Watcher::Execute(sentinel::PassToMember& action) {
  AskOwnMember(action.question,
               [this, token = action.token](sentinel::Answer answer) {
                 Answer(token, std::move(answer));
               });
}

void Watcher::Execute(sentinel::SaveState& action) {
  const absl::Status saved = engine_.WriteMeta(kMeta, action.bytes);
  if (!saved.ok()) save_failure_ = saved.ToString();
}

void Watcher::Execute(sentinel::Announce& action) {
  world_.trace.Say(host_.name(),
                   absl::StrCat(action.event.name, " ", action.event.text));
}

void Watcher::Answer(uint64_t token, absl::StatusOr<sentinel::Answer> answer) {
  auto reply = replies_.extract(token);
  if (reply.empty()) return;
  const auto& [question, tell] = reply.mapped();
  if (const auto* asked = std::get_if<sentinel::VoteRequest>(&question.body);
      asked != nullptr && !asked->pre && answer.ok() &&
      std::get<sentinel::VoteReply>(*answer).granted) {
    TellVote(asked->number, question.id);
  }
  tell(std::move(answer));
}

void Watcher::TellVote(uint64_t number, NodeId candidate) {
  world_.checks.OnVote(options_.id, number, candidate, engine_.ReadMeta(kMeta));
}

void Watcher::AskOwnMember(const sentinel::Question& question,
                           std::function<void(sentinel::Answer)> done) {
  using replication::FenceRequest;
  using replication::PromoteRequest;
  using replication::ReplicaOfRequest;
  if (const auto* fence = std::get_if<FenceRequest>(&question.body)) {
    member_.Fence(*fence, std::move(done));
  } else if (const auto* promote =
                 std::get_if<PromoteRequest>(&question.body)) {
    world_.checks.OnPromoteAsked(promote->epoch, host_.machine());
    member_.Promote(*promote, std::move(done));
  } else if (const auto* follow =
                 std::get_if<ReplicaOfRequest>(&question.body)) {
    member_.ReplicaOf(*follow, std::move(done));
  }
}

}  // namespace vigil::simulation
