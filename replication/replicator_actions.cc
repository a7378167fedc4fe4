// What the replicator does for each action of its core.
#include <utility>

#include "replication/identity.h"
#include "replication/replicator.h"

namespace vigil::replication {

// Sorts failures: of the storage, which ends this member's part; of the peer's
// data, which ends the link.
bool Replicator::Check(const absl::Status& status, LinkId link) {
  if (status.ok()) return true;
  if (engine_.health().ok()) {
    outcomes_.push_back(ApplyFailed{link, std::string(status.message())});
  } else {
    outcomes_.push_back(StorageFailed{});
  }
  return false;
}

bool Replicator::CheckBarrier(const absl::Status& status) {
  if (status.ok()) return true;
  Log(logger_, LogLevel::kWarning, std::string(status.message()));
  outcomes_.push_back(StorageFailed{});
  return false;
}

bool Replicator::Execute(Persist& action) {
  return CheckBarrier(SaveMemberState(engine_, action.state));
}

bool Replicator::Execute(CloseGate&) {
  core_.Step(GateClosed{engine_.CloseGate()}, clock_.Mono());
  return true;
}

bool Replicator::Execute(OpenGate& action) {
  std::vector<engine::Engine::Marker> markers = {
      {engine::RecordType::kEpoch, action.epoch_record}};
  if (!action.configuration_record.empty()) {
    markers.push_back(
        {engine::RecordType::kConfiguration, action.configuration_record});
  }
  // A reader of the epoch's first record must know whose it is.
  published_.SetHistory(core_.state().history);
  engine_.OpenGate(markers);
  return true;
}

bool Replicator::Execute(Dial& action) {
  links_.Dial(action.link, action.address, std::move(action.hello), *this);
  return true;
}

bool Replicator::Execute(CloseLink& action) {
  links_.Close(action.link);
  return true;
}

bool Replicator::Execute(Feed& action) {
  links_.Feed(action.link, std::move(action.answer));
  return true;
}

bool Replicator::Execute(FeedKeys& action) {
  links_.FeedKeys(action.link, std::move(action.keys));
  return true;
}

bool Replicator::Execute(SendKeys& action) {
  links_.SendKeys(action.link, std::move(action.keys));
  return true;
}

bool Replicator::Execute(AskRound& action) {
  feed_marks_.round = action.round;
  if (action.round != 0) engine_.appended().Notify();
  return true;
}

bool Replicator::Execute(TellRead& action) {
  links_.TellRead(action.link, action.read, action.index);
  return true;
}

bool Replicator::Execute(RequestSync& action) {
  engine_.RequestSync(action.index);
  return true;
}

bool Replicator::Execute(SendAck& action) {
  links_.SendAck(action.link, action.ack);
  return true;
}

bool Replicator::Execute(Apply& action) {
  if (!Check(engine_.Apply(action.records), action.link)) return false;
  // The master's commit may have been ahead of this log.
  TellFollowers();
  return true;
}

bool Replicator::Execute(KeepDropped& action) {
  return Check(dropped_.Keep(action.after, action.history), action.link);
}

bool Replicator::Execute(BeginRewind& action) {
  auto keys = engine_.BeginRewind(action.common, options_.message_bytes);
  if (!Check(keys.status(), action.link)) return false;
  outcomes_.push_back(TailRead{action.link, *std::move(keys)});
  return true;
}

bool Replicator::Execute(BeginStaging& action) {
  return Check(engine_.BeginStaging(action.begin_index, action.keys_estimate),
               action.link);
}

bool Replicator::Execute(StageEntries& action) {
  return Check(engine_.StageEntries(action.records), action.link);
}

bool Replicator::Execute(StageLog& action) {
  return Check(engine_.StageLog(action.records), action.link);
}

bool Replicator::Execute(CommitStaging& action) {
  engine::MetaMap meta = dropped_.MetaOfSwitch();
  meta.merge(MemberMeta(action.state));
  if (!CheckBarrier(engine_.CommitStaging(meta))) return false;
  dropped_.Switched();
  return true;
}

bool Replicator::Execute(DropStaging&) {
  engine_.DropStaging();
  dropped_.Abandon();
  return true;
}

bool Replicator::Execute(SettleDropped& action) {
  dropped_.Settle(action.history);
  return true;
}

bool Replicator::Execute(AnswerFence& action) {
  if (auto answer = askers_.Take(action.token).fence) {
    answer({.promised = action.promised,
            .view = core_.ViewAt(engine_.last_index())});
  }
  return true;
}

bool Replicator::Execute(AnswerPromote& action) {
  if (auto answer = askers_.Take(action.token).promote) {
    answer({.promoted = action.promoted,
            .refusal = std::move(action.refusal),
            .view = core_.ViewAt(engine_.last_index())});
  }
  return true;
}

bool Replicator::Execute(AnswerReplicaOf& action) {
  if (auto answer = askers_.Take(action.token).replica_of) {
    answer({.accepted = action.accepted,
            .view = core_.ViewAt(engine_.last_index())});
  }
  return true;
}

bool Replicator::Execute(AnswerRead& action) {
  if (auto answer = askers_.Take(action.token).read)
    answer({action.outcome, action.epoch, action.asked});
  return true;
}

bool Replicator::Execute(AnswerChange& action) {
  if (auto answer = askers_.Take(action.token).change) answer(action.status);
  return true;
}

bool Replicator::Execute(AppendConfiguration& action) {
  outcomes_.push_back(ConfigurationAppended{engine_.AppendMarker(
      {engine::RecordType::kConfiguration, std::move(action.record)})});
  return true;
}

bool Replicator::Execute(Report& action) {
  if (said_.Say(action.line, clock_.Mono())) {
    Log(logger_, action.warning ? LogLevel::kWarning : LogLevel::kNotice,
        action.line);
  }
  if (action.about_role) role_reason_ = std::move(action.line);
  return true;
}

}  // namespace vigil::replication
