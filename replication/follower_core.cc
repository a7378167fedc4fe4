#include "replication/follower_core.h"

#include <algorithm>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace vigil::replication {
namespace {

absl::string_view Bridge(std::string_view s) { return {s.data(), s.size()}; }

}  // namespace

FollowerCore::FollowerCore(const Options& options, uint64_t nonce,
                           MemberState& state)
    : options_(options),
      nonce_(nonce),
      state_(state),
      pause_(options.redial_min) {}

void FollowerCore::Follow(const Leader& leader, uint64_t last, MonoTime now,
                          Actions& actions) {
  if (leader == leader_ && phase_ != Phase::kIdle) return;
  // Told once more of the same one, it is as little able to rewind as before.
  no_rewind_ = no_rewind_ && leader == leader_;
  Stop("told to follow another", actions);
  leader_ = leader;
  refusal_.clear();
  pause_ = options_.redial_min;
  actions.push_back(Report{
      .about_role = true,
      .line =
          absl::StrCat("replica of '", leader_.name, "' at ", leader_.address,
                       ", master of epoch ", leader_.epoch.number)});
  Redial(last, now, actions);
}

void FollowerCore::Stop(std::string_view why, Actions& actions) {
  if (replacing()) actions.push_back(DropStaging{});
  if (phase_ != Phase::kIdle) {
    actions.push_back(CloseLink{link_, std::string(why)});
  }
  phase_ = Phase::kIdle;
  switched_ = false;
  link_ = 0;
  leader_ = {};
  commit_ = 0;
  sync_asked_ = 0;
  round_ = 0;
  read_asked_ = 0;
  read_answer_ = {};
  master_last_ = 0;
}

void FollowerCore::Redial(uint64_t last, MonoTime now, Actions& actions) {
  link_ = kOutboundLink | ++links_dialled_;
  phase_ = Phase::kDialled;
  heard_ = now;
  actions.push_back(Dial{.link = link_,
                         .address = leader_.address,
                         .hello = {.group = state_.group,
                                   .name = state_.name,
                                   .address = options_.address,
                                   .id = state_.id,
                                   .lineage = state_.lineage,
                                   .epoch = leader_.epoch,
                                   .position = state_.history.PositionAt(last),
                                   .history = state_.history,
                                   .nonce = nonce_,
                                   .formed = state_.formed,
                                   .no_rewind = no_rewind_,
                                   .options = options_.shared_options}});
}

// Gives the link up and dials again after a pause.
void FollowerCore::Drop(std::string_view why, MonoTime now, Actions& actions) {
  actions.push_back(
      Report{.about_role = true,
             .line = absl::StrCat("stream from master '", leader_.name, "' at ",
                                  leader_.address, " ended: ", Bridge(why))});
  const Leader leader = leader_;
  Stop(why, actions);
  leader_ = leader;
  dial_at_ = now + pause_;
  pause_ = std::min(pause_ * 2, options_.redial_max);
}

void FollowerCore::OnMessage(MessageReceived& event,
                             const LogProgressed& progress, MonoTime now,
                             Actions& actions) {
  heard_ = now;
  std::visit(
      [&](auto& m) {
        using M = std::decay_t<decltype(m)>;
        if constexpr (std::is_same_v<M, Welcome>) {
          OnWelcome(m, progress.last, now, actions);
        } else if constexpr (std::is_same_v<M, Refused>) {
          Drop(absl::StrCat("refused: ", m.why), now, actions);
          refusal_ = std::move(m.why);
        } else if constexpr (std::is_same_v<M, Entries>) {
          OnEntries(std::move(m), now, actions);
        } else if constexpr (std::is_same_v<M, EntriesEnd>) {
          OnEntriesEnd(m, now, actions);
        } else if constexpr (std::is_same_v<M, Records>) {
          OnRecords(std::move(m), event.configurations, progress, now, actions);
        } else {
          Drop("a message that only a replica sends", now, actions);
        }
      },
      event.message);
}

bool FollowerCore::Fits(const Welcome& welcome, uint64_t last) const {
  if (phase_ != Phase::kDialled || welcome.epoch != leader_.epoch ||
      welcome.nonce != nonce_ || !welcome.lineage ||
      welcome.history.last_epoch() != welcome.epoch) {
    return false;
  }
  if (state_.lineage && last > 0 && state_.lineage != welcome.lineage)
    return false;
  // What was recorded in between, of the members too, would be told by nobody.
  if (welcome.full) return welcome.from <= welcome.target;
  if (!welcome.rewind) return welcome.from == last;
  return welcome.from > 0 && welcome.from < last &&
         welcome.from ==
             CommonIndex(state_.history, last, welcome.history, welcome.target);
}

void FollowerCore::OnWelcome(const Welcome& welcome, uint64_t last,
                             MonoTime now, Actions& actions) {
  if (!Fits(welcome, last))
    return Drop("a welcome that does not fit", now, actions);
  refusal_.clear();
  // Until they were changed for the first time, other ones in the options are a mistake.
  const Configuration& mine = state_.configurations.At(last);
  const Configuration& theirs = welcome.configurations.newest();
  if (mine.version == 0 && mine.size() > 0 && theirs.version == 1 &&
      !SameMembers(mine, theirs)) {
    std::string why =
        absl::StrCat("the group's members are ", ToString(theirs),
                     "; the options of this node say ", ToString(mine));
    Drop(why, now, actions);
    refusal_ = std::move(why);
    return;
  }
  pause_ = options_.redial_min;
  if (welcome.full || welcome.rewind)
    return BeginReplacing(welcome, last, actions);
  phase_ = Phase::kStreaming;
  formed_at_ = welcome.target;
  MemberState next = state_;
  next.lineage = welcome.lineage;
  next.history = welcome.history;
  next.configurations.Continue(welcome.configurations, welcome.from);
  if (next == state_) return;
  state_ = std::move(next);
  actions.push_back(Persist{state_});
}

void FollowerCore::BeginReplacing(const Welcome& welcome, uint64_t last,
                                  Actions& actions) {
  staged_ = welcome;
  staged_last_ = welcome.from;
  exact_at_ = 0;
  keys_.clear();
  asked_ = false;
  actions.push_back(
      Report{.line = absl::StrCat(welcome.full ? "full sync" : "rewind",
                                  " from '", leader_.name, "' at index ",
                                  welcome.from, " begins")});
  const uint64_t common =
      CommonIndex(state_.history, last, welcome.history, welcome.target);
  if (common < last) {
    actions.push_back(Report{
        .warning = true,
        .line = absl::StrCat("this node has ", last - common,
                             " records after index ", common,
                             " that the group has not; they are dropped")});
    actions.push_back(KeepDropped{link_, common, state_.history});
  }
  if (welcome.full) {
    phase_ = Phase::kStaging;
    ++full_syncs_;
    actions.push_back(BeginStaging{link_, welcome.from, welcome.keys});
  } else {
    phase_ = Phase::kRewinding;
    ++rewinds_;
    actions.push_back(BeginRewind{link_, welcome.from});
  }
}

// --- The rewind

void FollowerCore::OnTailRead(std::vector<std::string> keys, MonoTime now,
                              Actions& actions) {
  if (phase_ != Phase::kRewinding || keys.empty())
    return Drop("a tail that nobody asked for", now, actions);
  keys_ = std::move(keys);
  SendNextKeys(actions);
}

void FollowerCore::SendNextKeys(Actions& actions) {
  RewindKeys piece{.records = std::move(keys_.back())};
  keys_.pop_back();
  piece.more = !keys_.empty();
  asked_ = true;
  actions.push_back(SendKeys{link_, std::move(piece)});
}

void FollowerCore::OnEntries(Entries entries, MonoTime now, Actions& actions) {
  if (!AwaitsEntries()) return Drop("entries out of order", now, actions);
  actions.push_back(StageEntries{link_, std::move(entries.records)});
}

void FollowerCore::OnEntriesEnd(const EntriesEnd& end, MonoTime now,
                                Actions& actions) {
  if (!AwaitsEntries() || end.last == 0)
    return Drop("end of entries out of order", now, actions);
  asked_ = false;
  if (!keys_.empty()) return SendNextKeys(actions);
  exact_at_ = std::max(end.last, staged_.target);
}

// --- The log

// Of a data set that is still to come the state is committed with it.
void FollowerCore::Learn(
    const std::vector<ConfigurationLog::Entry>& configurations,
    Actions& actions) {
  ConfigurationLog& log =
      replacing() ? staged_.configurations : state_.configurations;
  bool news = false;
  for (const ConfigurationLog::Entry& entry : configurations) {
    if (log.Has(entry)) continue;  // the Welcome had it
    log.Append(entry.index, entry.configuration);
    news = true;
  }
  if (news && !replacing()) actions.push_back(Persist{state_});
}

void FollowerCore::OnRecords(
    Records records, const std::vector<ConfigurationLog::Entry>& configurations,
    const LogProgressed& progress, MonoTime now, Actions& actions) {
  const uint64_t last = progress.last;
  if (records.epoch != leader_.epoch ||
      (phase_ != Phase::kStreaming && !replacing())) {
    return Drop("records out of order, or of another epoch", now, actions);
  }
  commit_ = std::max(commit_, records.commit);
  master_last_ = std::max(master_last_, records.end);
  read_answer_ =
      std::max(read_answer_, std::pair(records.read, records.read_index));
  const bool new_round = records.round > round_;
  round_ = std::max(round_, records.round);
  if (records.records
          .empty()) {  // a heartbeat, or somebody waits for an answer
    if (new_round && phase_ == Phase::kStreaming)
      Acknowledge(progress, now, actions);
    return Sync(std::min(records.sync, last), actions);
  }
  if (phase_ == Phase::kRewinding && exact_at_ == 0)
    return Drop("records before the entries", now, actions);
  const uint64_t end = replacing() ? staged_last_ : last;
  if (records.first != end + 1 || records.last < records.first) {
    return Drop("a gap in the records", now, actions);
  }
  Learn(configurations, actions);
  if (phase_ == Phase::kStreaming) {
    actions.push_back(Apply{link_, std::move(records.records)});
    return Sync(std::min(records.sync, records.last), actions);
  }
  actions.push_back(StageLog{link_, std::move(records.records)});
  staged_last_ = records.last;
}

// What is staged is synced with the switch.
void FollowerCore::Sync(uint64_t index, Actions& actions) {
  if (phase_ != Phase::kStreaming || index <= sync_asked_) return;
  sync_asked_ = index;
  actions.push_back(RequestSync{index});
}

void FollowerCore::CommitStaged(Actions& actions) {
  const bool rewound = phase_ == Phase::kRewinding;
  state_.lineage = staged_.lineage;
  state_.history = staged_.history;
  if (rewound) {
    state_.configurations.Continue(staged_.configurations, staged_.from);
  } else {
    state_.configurations = staged_.configurations;
  }
  state_.formed = true;
  phase_ = Phase::kStreaming;
  switched_ = true;
  formed_at_ = 0;
  no_rewind_ = false;
  actions.push_back(CommitStaging{link_, state_});
  actions.push_back(
      Report{.line = absl::StrCat(rewound ? "rewind" : "full sync", " from '",
                                  leader_.name, "' is exact at index ",
                                  staged_last_)});
}

void FollowerCore::OnLinkClosed(std::string_view why, MonoTime now,
                                Actions& actions) {
  Drop(why, now, actions);
}

void FollowerCore::OnApplyFailed(std::string_view why, MonoTime now,
                                 Actions& actions) {
  if (phase_ == Phase::kRewinding) no_rewind_ = true;
  Drop(why, now, actions);
}

void FollowerCore::OnProgress(const LogProgressed& progress, MonoTime now,
                              Actions& actions) {
  switched_ = false;
  if (phase_ != Phase::kStreaming) return;
  Acknowledge(progress, now, actions);
}

void FollowerCore::OnTick(const LogProgressed& progress, MonoTime now,
                          Actions& actions) {
  if (!following()) return;
  if (phase_ == Phase::kIdle) {
    if (now >= dial_at_) Redial(progress.last, now, actions);
    return;
  }
  const absl::Duration patience =
      phase_ == Phase::kDialled
          ? std::max(options_.dial_timeout, options_.link_timeout)
          : options_.link_timeout;
  if (now - heard_ > patience) {
    return Drop("the master is silent", now, actions);
  }
  if (replacing() && exact_at_ != 0 && staged_last_ >= exact_at_) {
    return CommitStaged(actions);
  }
  // It may end where the old one did: then nobody tells.
  const bool switched = std::exchange(switched_, false);
  if (phase_ != Phase::kDialled &&
      (switched || now - acked_ >= options_.heartbeat)) {
    Acknowledge(progress, now, actions);
  }
}

void FollowerCore::AskRead(uint64_t read, const LogProgressed& progress,
                           MonoTime now, Actions& actions) {
  read_asked_ = read;
  // `progress` may be of the old log, whose end is nothing to be acknowledged.
  if (!switched_) Acknowledge(progress, now, actions);
}

void FollowerCore::Acknowledge(const LogProgressed& progress, MonoTime now,
                               Actions& actions) {
  if (phase_ == Phase::kStreaming && !state_.formed &&
      progress.held >= formed_at_) {
    state_.formed = true;
    actions.push_back(Persist{state_});
  }
  acked_ = now;
  actions.push_back(
      SendAck{link_, Ack{.epoch = leader_.epoch,
                         .held = progress.held,
                         .durable = progress.durable,
                         .formed = state_.formed && phase_ == Phase::kStreaming,
                         .round = round_,
                         .read = read_asked_}});
}

}  // namespace vigil::replication
