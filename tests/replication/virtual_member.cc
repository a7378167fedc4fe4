#include "tests/replication/virtual_member.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace vigil::replication {

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
  core_.emplace(Options{.address = name()}, disk_, last(), nonce, nonce);
  told_ = {};
}

void VirtualMember::Down() {
  core_.reset();
  inbox_.clear();
  failures_.clear();
  gate_open_ = false;
  disk_failed_ = false;  // the next start has a disk that works
  staging_.reset();
}

void VirtualMember::Kill() {
  Down();
  Truncate(held_);
}

void VirtualMember::CutPower(uint64_t survive) {
  Down();
  Truncate(std::min(held_, durable_ + survive));
  disk_.formed = false;  // as identity.cc does on another boot of the machine
}

void VirtualMember::Append(std::string record) {
  prefix_.push_back(
      std::hash<std::string>()(std::to_string(PrefixAt(last())) + record));
  log_.push_back(std::move(record));
}

void VirtualMember::Truncate(uint64_t last) {
  log_.resize(last);
  prefix_.resize(last);
  held_ = std::min(held_, last);
  durable_ = std::min(durable_, last);
}

// --- Work

void VirtualMember::PutMessage(LinkId link, Message message) {
  MessageReceived event{.link = link, .message = std::move(message)};
  if (const Hello* hello = std::get_if<Hello>(&event.message)) {
    event.log_holds_next = LogHolds(hello->position.index + 1);
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
  for (Event& failure : std::exchange(failures_, {})) {
    StepAndExecute(std::move(failure));
    if (!alive()) return;
  }
}

// --- Actions

bool VirtualMember::DiskIsGone() {
  disk_failed_ = disk_failed_ || outside_.DiskFails();
  if (disk_failed_) failures_.push_back(StorageFailed{});
  return disk_failed_;
}

bool VirtualMember::BadData(LinkId link) {
  if (!outside_.PeersDataIsBad()) return false;
  failures_.push_back(ApplyFailed{link, "bad data"});
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
    Write("last-moment " + name() + std::to_string(last()));
  gate_open_ = false;
  core_->Step(GateClosed{last()}, outside_.Now());
  return true;
}

bool VirtualMember::Execute(const OpenGate& action) {
  Append("epoch " + action.epoch_record);
  if (!action.configuration_record.empty()) Append("configuration");
  gate_open_ = true;
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

bool VirtualMember::Execute(const SendAck& action) {
  outside_.OnSend(*this, action.link, action.ack);
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

bool VirtualMember::Execute(const BeginStaging& action) {
  if (DiskIsGone()) return false;
  staging_ = Staging{.begin = action.begin_index};
  return true;
}

bool VirtualMember::Execute(const StageEntries& action) {
  if (BadData(action.link) || DiskIsGone()) return false;
  for (std::string& record : SplitRecords(action.records)) {
    staging_->log.push_back(std::move(record));
  }
  return true;
}

bool VirtualMember::Execute(const StageLog& action) {
  return Execute(StageEntries{action.link, action.records});
}

bool VirtualMember::Execute(const CommitStaging& action) {
  if (DiskIsGone()) return false;
  Truncate(0);
  for (std::string& record : staging_->log) Append(std::move(record));
  held_ = durable_ = last();
  log_start_ = staging_->begin;
  disk_ = action.state;
  staging_.reset();
  return true;
}

bool VirtualMember::Execute(const DropStaging&) {
  staging_.reset();
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
