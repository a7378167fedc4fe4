#include "replication/feeder.h"

#include <algorithm>
#include <string>
#include <utility>

namespace vigil::replication {

Feeder::Feeder(const Options& options, std::shared_ptr<Link> link,
               std::variant<Welcome, Refused> answer, engine::Engine& engine,
               const Clock& clock, const FeedMarks& marks)
    : options_(options),
      link_(std::move(link)),
      engine_(engine),
      clock_(clock),
      marks_(marks),
      rewinds_(std::holds_alternative<Welcome>(answer) &&
               std::get<Welcome>(answer).rewind),
      pace_(options_.message_bytes),
      thread_("vigil-feed", [this, answer = std::move(answer)]() mutable {
        Run(std::move(answer));
        link_->Close();
        done_ = true;
      }) {}

Feeder::~Feeder() {
  Close();
  thread_.Join();
}

void Feeder::Close() {
  closed_ = true;
  link_->Close();
  engine_.appended().Notify();  // it may be waiting for records
}

bool Feeder::Send(const Message& message) {
  return !closed_ && link_->Send(message);
}

void Feeder::Run(std::variant<Welcome, Refused> answer) {
  if (const Refused* refused = std::get_if<Refused>(&answer)) {
    Send(*refused);
    AwaitClose();
    return;
  }
  Welcome& welcome = std::get<Welcome>(answer);
  const bool begun = welcome.full     ? SendState(welcome)
                     : welcome.rewind ? AnswerKeys(welcome)
                                      : Send(welcome);
  if (begun) FollowLog(welcome);
}

// Closing cancels the call, which could overtake the refusal: the replica closes when
// it has read it.
void Feeder::AwaitClose() {
  const MonoTime deadline = clock_.Mono() + options_.link_timeout;
  for (uint64_t seen = engine_.appended().Seen();
       !closed_ && clock_.Mono() < deadline; seen = engine_.appended().Seen()) {
    engine_.appended().WaitPast(seen, deadline);
  }
}

bool Feeder::SendState(Welcome& welcome) {
  const std::unique_ptr<engine::StateWalk> walk = engine_.Walk();
  // What has been recorded of the members since the Welcome was decided is told by the
  // log alone, so that begins no later.
  welcome.from = std::min(walk->begin_index(), welcome.target);
  welcome.keys = engine_.status().keys;
  if (!Send(welcome)) return false;
  for (std::string records = walk->Next(options_.message_bytes);
       !records.empty(); records = walk->Next(options_.message_bytes)) {
    if (!Send(Entries{std::move(records)})) return false;
  }
  return Send(EntriesEnd{engine_.last_index()});
}

// --- A rewind

void Feeder::Put(RewindKeys keys) {
  {
    MutexLock lock(mu_);
    if (rewinds_ && !keys_.has_value()) {
      keys_ = std::move(keys);
    } else {
      closed_ = true;
    }
  }
  if (closed_) link_->Close();
  engine_.appended().Notify();  // it may be waiting for records
}

std::optional<RewindKeys> Feeder::AwaitKeys(const Welcome& welcome) {
  MonoTime heartbeat_at = clock_.Mono() + options_.heartbeat;
  while (!closed_) {
    const uint64_t seen = engine_.appended().Seen();
    {
      MutexLock lock(mu_);
      if (keys_.has_value()) return keys_;
    }
    if (const MonoTime now = clock_.Mono(); now >= heartbeat_at) {
      if (!Send(NextRecords(welcome))) break;
      heartbeat_at = now + options_.heartbeat;
    }
    engine_.appended().WaitPast(seen, heartbeat_at);
  }
  return std::nullopt;
}

bool Feeder::AnswerKeys(const Welcome& welcome) {
  if (!Send(welcome)) return false;
  for (;;) {
    const std::optional<RewindKeys> keys = AwaitKeys(welcome);
    if (!keys.has_value()) return false;
    bool sent = true;
    const absl::Status found = engine_.LookUp(
        keys->records, options_.message_bytes, [&](std::string records) {
          return sent = Send(Entries{std::move(records)});
        });
    if (!found.ok() || !sent) return false;
    {
      // Before the answer, which may bring the next piece at once.
      MutexLock lock(mu_);
      keys_.reset();
    }
    if (!Send(EntriesEnd{engine_.last_index()})) return false;
    if (!keys->more) return true;
  }
}

// --- The log

void Feeder::TellRead(uint64_t read, uint64_t index) {
  {
    MutexLock lock(mu_);
    read_ = read;
    read_index_ = index;
  }
  engine_.appended().Notify();
}

Records Feeder::NextRecords(const Welcome& welcome) {
  MutexLock lock(mu_);
  return {.epoch = welcome.epoch,
          .commit = marks_.commit,
          .end = engine_.last_index(),
          .sync = marks_.sync,
          .round = marks_.round,
          .read = read_,
          .read_index = read_index_};
}

namespace {

// Whether somebody waits for what `next` says beside the log, and `told` did not.
bool IsAwaited(const Records& next, const Records& told) {
  return next.sync > told.sync || next.round > told.round ||
         next.read > told.read;
}

}  // namespace

void Feeder::FollowLog(const Welcome& welcome) {
  uint64_t next = welcome.from + 1;
  Records told;  // but for the log
  MonoTime heartbeat_at = clock_.Mono();
  while (!closed_) {
    const uint64_t seen = engine_.appended().Seen();
    absl::StatusOr<engine::LogSlice> slice =
        engine_.ReadLog(next, options_.message_bytes);
    if (!slice.ok()) return;
    const MonoTime now = clock_.Mono();
    if (!slice->records.empty() && pace_.Gather(slice->records.size(), now))
      continue;
    Records records = NextRecords(welcome);
    if (slice->records.empty()) {
      if (now < heartbeat_at && !IsAwaited(records, told)) {
        engine_.appended().WaitPast(seen, heartbeat_at);
        continue;
      }
    } else {
      records.first = slice->first;
      records.last = slice->last;
      records.records = std::move(slice->records);
      next = records.last + 1;
      pace_.Sent(records.last, now);
    }
    if (!Send(records)) return;
    told = {.sync = records.sync, .round = records.round, .read = records.read};
    heartbeat_at = now + options_.heartbeat;
  }
}

}  // namespace vigil::replication
