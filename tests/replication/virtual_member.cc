#include "tests/replication/virtual_member.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace vigil::replication {

namespace {

constexpr char kConfigurationMark[] = "configuration:";

std::optional<Configuration> ConfigurationOf(const std::string& record) {
  const std::string_view mark = kConfigurationMark;
  if (!record.starts_with(mark)) return std::nullopt;
  return *DecodeConfiguration(std::string_view(record).substr(mark.size()));
}

}  // namespace

std::string JoinRecords(const std::vector<std::string>& log, uint64_t first,
                        uint64_t last) {
  const auto at = [&](uint64_t index) {
    return log.begin() + static_cast<std::ptrdiff_t>(index);
  };
  return absl::StrJoin(at(first - 1), at(last), ";");
}

std::vector<std::string> SplitRecords(std::string_view records) {
  return absl::StrSplit(absl::string_view(records.data(), records.size()), ';',
                        absl::SkipEmpty());
}

// --- Life

void VirtualMember::Start(uint64_t nonce) {
  ++incarnation_;
  FindAppended();
  core_.emplace(Options{.address = name()}, disk_, last(), nonce, nonce);
  told_ = {};
}

// As identity.cc does.
void VirtualMember::FindAppended() {
  const auto appending = std::exchange(disk_.appending, std::nullopt);
  if (!appending.has_value()) return;
  for (uint64_t i = appending->after + 1; i <= last(); ++i) {
    if (ConfigurationOf(log_[i - 1]) == appending->configuration)
      return disk_.configurations.Append(i, appending->configuration);
  }
}

const Configuration& VirtualMember::InForce() const {
  return core_->state().configurations.At(last());
}

void VirtualMember::Down() {
  core_.reset();
  inbox_.clear();
  outcomes_.clear();
  gate_open_ = false;
  disk_failed_ = false;  // the next start has a disk that works
  staging_.reset();
  kept_.clear();
}

void VirtualMember::Kill() {
  Down();
  Lose(held_);
}

void VirtualMember::Wipe(NodeId new_id) {
  Down();
  Lose(0);
  for (const auto& [at, record] : undecided_) lost_.insert(at);
  undecided_.clear();
  log_start_ = 0;
  Configuration nobody;
  disk_ = {.group = disk_.group,
           .name = disk_.name,
           .id = new_id,
           .configurations = nobody};
}

// What was above is on no disk of this member.
void VirtualMember::Lose(uint64_t above) {
  for (uint64_t i = above + 1; i <= last(); ++i)
    lost_.insert(disk_.history.PositionAt(i));
  Truncate(above);
}

void VirtualMember::CutPower(uint64_t survive) {
  Down();
  Lose(std::min(held_, durable_ + survive));
  disk_.formed = false;  // as identity.cc does on another boot of the machine
}

void VirtualMember::Append(std::string record) {
  prefix_.push_back(
      std::hash<std::string>()(std::to_string(PrefixAt(last())) + record));
  log_.push_back(std::move(record));
  if (auto configuration = ConfigurationOf(log_.back()))
    configured_.push_back({last(), *std::move(configuration)});
}

void VirtualMember::Truncate(uint64_t last) {
  log_.resize(last);
  prefix_.resize(last);
  held_ = std::min(held_, last);
  durable_ = std::min(durable_, last);
  while (!configured_.empty() && configured_.back().index > last)
    configured_.pop_back();
}

// --- Work

void VirtualMember::PutMessage(LinkId link, Message message) {
  MessageReceived event{.link = link, .message = std::move(message)};
  if (const Hello* hello = std::get_if<Hello>(&event.message)) {
    const uint64_t next = CommonIndex(hello->history, hello->position.index,
                                      core_->state().history, last()) +
                          1;
    if (LogHolds(next)) event.log_holds_from = next;
  }
  if (const auto* records = std::get_if<replication::Records>(&event.message)) {
    uint64_t index = records->first;
    for (const std::string& record : SplitRecords(records->records)) {
      if (auto configuration = ConfigurationOf(record))
        event.configurations.push_back({index, *std::move(configuration)});
      ++index;
    }
  }
  Put(std::move(event));
}

void VirtualMember::Run() {
  if (!alive()) return;
  std::optional<Event> event;
  if (!inbox_.empty()) {
    event = std::move(inbox_.front());
    inbox_.pop_front();
  }
  StepProgress();
  if (event && alive()) StepAndExecute(*std::move(event));
}

bool VirtualMember::Write(std::string record) {
  if (!alive() || !gate_open_ || disk_failed_) return false;
  Append(std::move(record));
  accepted_.emplace_back(core_->state().history.PositionAt(last()),
                         log_.back());
  return true;
}

void VirtualMember::Flush(uint64_t records, bool sync) {
  if (!alive() || disk_failed_) return;
  held_ = std::min(last(), held_ + records);
  if (sync) durable_ = held_;
}

void VirtualMember::StepProgress() {
  if (disk_failed_) StepAndExecute(StorageFailed{});
  if (!alive()) return;
  if (told_.last == last() && told_.held == held_ &&
      told_.durable == durable_) {
    return;
  }
  told_ = {.last = last(), .held = held_, .durable = durable_};
  StepAndExecute(told_);
}

void VirtualMember::StepAndExecute(Event event) {
  const Actions actions = core_->Step(std::move(event), outside_.Now());
  for (const Action& action : actions) {
    if (outside_.KilledNow()) return Kill();
    if (!std::visit([&](const auto& a) { return Execute(a); }, action)) break;
  }
  for (Event& outcome : std::exchange(outcomes_, {})) {
    StepAndExecute(std::move(outcome));
    if (!alive()) return;
  }
}

// --- Actions

bool VirtualMember::DiskIsGone() {
  disk_failed_ = disk_failed_ || outside_.DiskFails();
  if (disk_failed_) outcomes_.push_back(StorageFailed{});
  return disk_failed_;
}

bool VirtualMember::BadData(LinkId link) {
  if (!outside_.PeersDataIsBad()) return false;
  outcomes_.push_back(ApplyFailed{link, "bad data"});
  return true;
}

bool VirtualMember::Execute(const Persist& action) {
  if (DiskIsGone()) return false;
  disk_ = action.state;
  durable_ = held_;  // a synced write takes what was written before with it
  return true;
}

bool VirtualMember::Execute(const CloseGate&) {
  if (outside_.WritesAtTheLastMoment())
    Write("last-moment " + name() + std::to_string(++last_moments_));
  gate_open_ = false;
  core_->Step(GateClosed{last()}, outside_.Now());
  return true;
}

bool VirtualMember::Execute(const OpenGate& action) {
  Append("epoch " + action.epoch_record);
  if (!action.configuration_record.empty())
    Append(kConfigurationMark + action.configuration_record);
  gate_open_ = true;
  return true;
}

bool VirtualMember::Execute(const AppendConfiguration& action) {
  if (outside_.WritesAtTheLastMoment())
    Write("last-moment " + name() + std::to_string(++last_moments_));
  Append(kConfigurationMark + action.record);
  outcomes_.push_back(ConfigurationAppended{last()});
  return true;
}

bool VirtualMember::Execute(const Dial& action) {
  outside_.OnDial(*this, action);
  return true;
}

bool VirtualMember::Execute(const CloseLink& action) {
  outside_.OnCloseLink(*this, action.link);
  return true;
}

bool VirtualMember::Execute(const Feed& action) {
  outside_.OnFeed(*this, action);
  return true;
}

bool VirtualMember::Execute(const FeedKeys& action) {
  outside_.OnFeedKeys(*this, action);
  return true;
}

bool VirtualMember::Execute(const SendKeys& action) {
  outside_.OnSend(*this, action.link, action.keys);
  return true;
}

bool VirtualMember::Execute(const SendAck& action) {
  outside_.OnSend(*this, action.link, action.ack);
  return true;
}

bool VirtualMember::Execute(const RequestSync& action) {
  if (!disk_failed_)
    durable_ = std::max(durable_, std::min(held_, action.index));
  return true;
}

bool VirtualMember::Execute(const Apply& action) {
  if (BadData(action.link) || DiskIsGone()) return false;
  for (std::string& record : SplitRecords(action.records)) {
    Append(std::move(record));
  }
  held_ = last();
  return true;
}

bool VirtualMember::Execute(const KeepDropped& action) {
  if (DiskIsGone()) return false;
  kept_.clear();
  for (uint64_t i = action.after + 1; i <= last(); ++i) {
    const Position at = action.history.PositionAt(i);
    if (LogHolds(i)) {
      kept_.emplace_back(at, log_[i - 1]);
    } else {
      lost_.insert(at);
    }
  }
  return true;
}

// The model has no keys: each record of the tail is one that is asked for.
bool VirtualMember::Execute(const BeginRewind& action) {
  if (!LogHolds(action.common + 1)) {
    outcomes_.push_back(ApplyFailed{action.link, "the log is gone"});
    return false;
  }
  if (BadData(action.link)) return false;
  staging_ = Staging{.rewind = true, .begin = action.common};
  staging_->log.assign(
      log_.begin(), log_.begin() + static_cast<std::ptrdiff_t>(action.common));
  TailRead read{.link = action.link};
  for (uint64_t i = action.common + 1; i <= std::min(last(), action.common + 3);
       ++i) {
    read.keys.push_back(log_[i - 1]);
  }
  outcomes_.push_back(std::move(read));
  return true;
}

bool VirtualMember::Execute(const BeginStaging& action) {
  if (DiskIsGone()) return false;
  staging_ = Staging{.begin = action.begin_index};
  return true;
}

bool VirtualMember::Execute(const StageEntries& action) {
  if (BadData(action.link) || DiskIsGone()) return false;
  if (staging_->rewind) return true;  // of which the log is made anyway
  for (std::string& record : SplitRecords(action.records)) {
    staging_->log.push_back(std::move(record));
  }
  return true;
}

bool VirtualMember::Execute(const StageLog& action) {
  if (BadData(action.link) || DiskIsGone()) return false;
  for (std::string& record : SplitRecords(action.records)) {
    staging_->log.push_back(std::move(record));
  }
  return true;
}

bool VirtualMember::Execute(const CommitStaging& action) {
  if (DiskIsGone()) return false;
  Truncate(0);
  for (std::string& record : staging_->log) Append(std::move(record));
  held_ = durable_ = last();
  if (!staging_->rewind) log_start_ = staging_->begin;
  disk_ = action.state;
  staging_.reset();
  // In the same write.
  undecided_.insert(undecided_.end(), kept_.begin(), kept_.end());
  kept_.clear();
  return true;
}

bool VirtualMember::Execute(const DropStaging&) {
  staging_.reset();
  kept_.clear();
  return true;
}

bool VirtualMember::Execute(const SettleDropped& action) {
  for (auto& each : std::exchange(undecided_, {})) {
    const Position& at = each.first;
    const bool came_back = action.history.EpochAt(at.index) == at.epoch;
    const bool twice =
        std::find(dropped_.begin(), dropped_.end(), each) != dropped_.end();
    if (!came_back && !twice) dropped_.push_back(std::move(each));
  }
  return true;
}

bool VirtualMember::Execute(const AnswerFence& action) {
  outside_.OnAnswer(*this, action.token,
                    FenceReply{.promised = action.promised, .view = view()});
  return true;
}

bool VirtualMember::Execute(const AnswerPromote& action) {
  outside_.OnAnswer(*this, action.token,
                    PromoteReply{.promoted = action.promoted,
                                 .refusal = action.refusal,
                                 .view = view()});
  return true;
}

bool VirtualMember::Execute(const AnswerReplicaOf& action) {
  outside_.OnAnswer(
      *this, action.token,
      ReplicaOfReply{.accepted = action.accepted, .view = view()});
  return true;
}

bool VirtualMember::Execute(const Report&) { return true; }

}  // namespace vigil::replication
