#include "replication/feeder.h"

#include <string>
#include <utility>

namespace vigil::replication {

Feeder::Feeder(const Options& options, std::shared_ptr<Link> link,
               std::variant<Welcome, Refused> answer, engine::Engine& engine,
               const Clock& clock, const std::atomic<uint64_t>& commit)
    : options_(options),
      link_(std::move(link)),
      engine_(engine),
      clock_(clock),
      commit_(commit),
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
  if (welcome.full ? SendState(welcome) : Send(welcome)) FollowLog(welcome);
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
  welcome.from = walk->begin_index();
  if (!Send(welcome)) return false;
  for (std::string records = walk->Next(options_.message_bytes);
       !records.empty(); records = walk->Next(options_.message_bytes)) {
    if (!Send(Entries{std::move(records)})) return false;
  }
  return Send(EntriesEnd{engine_.last_index()});
}

void Feeder::FollowLog(const Welcome& welcome) {
  uint64_t next = welcome.from + 1;
  MonoTime heartbeat_at = clock_.Mono();
  while (!closed_) {
    const uint64_t seen = engine_.appended().Seen();
    absl::StatusOr<engine::LogSlice> slice =
        engine_.ReadLog(next, options_.message_bytes);
    if (!slice.ok()) return;
    const MonoTime now = clock_.Mono();
    Records records{.epoch = welcome.epoch,
                    .commit = commit_.load(),
                    .end = engine_.last_index()};
    if (slice->records.empty()) {
      if (now < heartbeat_at) {
        engine_.appended().WaitPast(seen, heartbeat_at);
        continue;
      }
    } else {
      records.first = slice->first;
      records.last = slice->last;
      records.records = std::move(slice->records);
      next = records.last + 1;
    }
    if (!Send(records)) return;
    heartbeat_at = now + options_.heartbeat;
  }
}

}  // namespace vigil::replication
