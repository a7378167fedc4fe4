#include "tests/simulation/feed.h"

#include <algorithm>
#include <utility>

namespace vigil::simulation {

using replication::Entries;
using replication::EntriesEnd;
using replication::Message;
using replication::Records;
using replication::Refused;
using replication::RewindKeys;
using replication::Welcome;

std::optional<Message> Feed::Take() {
  if (ended_) return std::nullopt;
  if (const Refused* refused = std::get_if<Refused>(&answer_)) {
    ended_ = true;
    return *refused;
  }
  Welcome& welcome = std::get<Welcome>(answer_);
  if (!std::exchange(answered_, true)) {
    if (welcome.full) {
      walk_ = engine_.Walk();
      welcome.from = std::min(walk_->begin_index(), welcome.target);
    }
    in_keys_ = welcome.rewind;
    next_ = welcome.from + 1;
    heartbeat_at_ = clock_.Mono();
    return welcome;
  }
  if (walk_) return TakeOfState();
  if (in_keys_) return TakeOfKeys();
  return TakeOfLog();
}

std::optional<Message> Feed::TakeOfState() {
  std::string records = walk_->Next(options_.message_bytes);
  if (!records.empty()) return Entries{std::move(records)};
  walk_.reset();
  return EntriesEnd{engine_.last_index()};
}

bool Feed::Put(RewindKeys keys) {
  const Welcome* welcome = std::get_if<Welcome>(&answer_);
  if (welcome == nullptr || !welcome->rewind || keys_.has_value()) return false;
  keys_ = std::move(keys);
  return true;
}

std::optional<Message> Feed::TakeOfKeys() {
  if (!keys_.has_value()) {
    const MonoTime now = clock_.Mono();
    if (now < heartbeat_at_) return std::nullopt;
    heartbeat_at_ = now + options_.heartbeat;
    return NextRecords();
  }
  if (!std::exchange(looked_up_, true)) {
    const absl::Status found =
        engine_.LookUp(keys_->records, SIZE_MAX, [&](std::string records) {
          found_ = std::move(records);
          return true;
        });
    if (!found.ok()) {
      ended_ = true;
      return std::nullopt;
    }
    if (!found_.empty()) return Entries{std::exchange(found_, {})};
  }
  in_keys_ = keys_->more;
  looked_up_ = false;
  keys_.reset();
  return EntriesEnd{engine_.last_index()};
}

Records Feed::NextRecords() const {
  return {.epoch = std::get<Welcome>(answer_).epoch,
          .commit = marks_.commit,
          .end = engine_.last_index(),
          .sync = marks_.sync,
          .round = marks_.round,
          .read = read_,
          .read_index = read_index_};
}

// As in feeder.cc.
bool Feed::IsAwaited(const Records& next) const {
  return next.sync > told_.sync || next.round > told_.round ||
         next.read > told_.read;
}

std::optional<Message> Feed::TakeOfLog() {
  auto slice = engine_.ReadLog(next_, options_.message_bytes);
  if (!slice.ok()) {
    ended_ = true;
    return std::nullopt;
  }
  const MonoTime now = clock_.Mono();
  Records records = NextRecords();
  if (slice->records.empty()) {
    if (now < heartbeat_at_ && !IsAwaited(records)) return std::nullopt;
  } else {
    records.first = slice->first;
    records.last = slice->last;
    records.records = std::move(slice->records);
    next_ = records.last + 1;
  }
  told_ = {.sync = records.sync, .round = records.round, .read = records.read};
  heartbeat_at_ = now + options_.heartbeat;
  return records;
}

}  // namespace vigil::simulation
