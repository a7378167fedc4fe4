#include "tests/cluster/chaos/writers.h"

#include "absl/strings/str_cat.h"
#include "examples/three_node_demo/outbox.h"

namespace vigil::chaos {
namespace {

constexpr size_t kSlots = 16;  // keys of one thread that are overwritten

// Shorter than most faults: a writer shall see many of them from both sides.
constexpr absl::Duration kTimeout = absl::Seconds(2);
// After an error: long enough not to spin, short beside any failover.
constexpr absl::Duration kErrorPause = absl::Milliseconds(10);

Ack AckOf(Promise promise) {
  switch (promise) {
    case Promise::kMemory:
      return Ack::kMemory;
    case Promise::kDisk:
      return Ack::kDisk;
    case Promise::kQuorum:
    case Promise::kCount:
      return Ack::kQuorum;
  }
  return Ack::kMemory;
}

// As node.h has it: what an error says of the write.
Outcome OutcomeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return Outcome::kAcknowledged;
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kCancelled:
      return Outcome::kUnknown;
    case absl::StatusCode::kInternal:
      return ReceiptOf(status) ? Outcome::kUnknown : Outcome::kRefused;
    default:
      return Outcome::kRefused;
  }
}

Answered ToAnswered(const std::string& key, uint64_t number, Promise promise,
                    const absl::Status& status, const Receipt& receipt) {
  return {.key = key,
          .number = number,
          .promise = static_cast<int>(promise),
          .outcome = static_cast<int>(OutcomeOf(status)),
          .epoch = receipt.epoch,
          .index = receipt.index};
}

}  // namespace

Writers::Writers(Node& node, demo::Outbox& outbox, const NodeOptions& options)
    : node_(node), outbox_(outbox), options_(options) {
  for (Hand* hand : {&memory_, &quorum_, &flood_}) hand->hot.resize(kSlots);
}

Writers::~Writers() { Stop(); }

void Writers::Start() {
  constexpr Plan kMemoryPlan{"m", "n", Promise::kMemory};
  constexpr Plan kQuorumPlan{"q", "h", Promise::kQuorum};
  threads_.emplace_back([this, kMemoryPlan](const std::stop_token& stop) {
    Write(stop, kMemoryPlan, memory_);
  });
  threads_.emplace_back([this, kQuorumPlan](const std::stop_token& stop) {
    Write(stop, kQuorumPlan, quorum_);
  });
  threads_.emplace_back([this](const std::stop_token& stop) { Count(stop); });
}

void Writers::StartFlood(uint64_t writes) {
  threads_.emplace_back([this, writes](const std::stop_token& stop) {
    WriteFlood(stop, writes);
  });
}

void Writers::Stop() {
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();  // joins
}

void Writers::Send(const Report& report) { outbox_.SendLine(Encode(report)); }

bool Writers::Pause(const std::stop_token& stop, absl::Duration time) {
  std::unique_lock lock(mu_);
  stopped_.wait_for(lock, stop, absl::ToChronoNanoseconds(time),
                    [] { return false; });
  return !stop.stop_requested();
}

std::string Writers::Own(const char* prefix) const {
  return absl::StrCat(prefix, ":", options_.node, ":", options_.incarnation);
}

void Writers::Write(const std::stop_token& stop, const Plan& plan, Hand& hand) {
  // Three threads share the rate.
  const absl::Duration period =
      absl::Seconds(3) / static_cast<double>(options_.writes_per_second);
  absl::Duration pause = period;
  while (Pause(stop, pause)) {
    const uint64_t n = hand.fresh++;
    Outcome outcome;
    if (n % 2 == 0) {
      const bool disk = plan.promise == Promise::kMemory && n % 16 == 0;
      const std::string key = absl::StrCat(Own(plan.fresh), ":", n);
      outcome = Set(key, n, disk ? Promise::kDisk : plan.promise);
    } else {
      outcome = WriteHot(plan.hot, plan.promise, n / 2 % kSlots, hand);
    }
    pause = outcome == Outcome::kAcknowledged ? period : kErrorPause;
  }
}

void Writers::WriteFlood(const std::stop_token& stop, uint64_t writes) {
  const std::string prefix(kFloodPrefix, sizeof(kFloodPrefix) - 2);
  for (uint64_t i = 0; i < writes && !stop.stop_requested(); ++i) {
    const Outcome outcome =
        WriteHot(prefix.c_str(), Promise::kQuorum, i % kSlots, flood_);
    if (outcome != Outcome::kAcknowledged && !Pause(stop, kErrorPause)) break;
  }
  Send(Flooded{});
}

Outcome Writers::WriteHot(const char* prefix, Promise promise, size_t slot,
                          Hand& hand) {
  HotKey& hot = hand.hot[slot];
  const std::string key =
      absl::StrCat(Own(prefix), ":", slot, ":", hot.generation);
  const Outcome outcome = Set(key, ++hot.number, promise);
  if (outcome == Outcome::kUnknown) hot = {.generation = hot.generation + 1};
  return outcome;
}

Outcome Writers::Set(const std::string& key, uint64_t number, Promise promise) {
  Send(Tried{key, number, static_cast<int>(promise)});
  const auto set = node_.Set(key, ValueOf(key, number),
                             {.ack = AckOf(promise), .timeout = kTimeout});
  const Receipt receipt =
      set.ok() ? set->receipt : ReceiptOf(set.status()).value_or(Receipt{});
  Send(ToAnswered(key, number, promise, set.status(), receipt));
  if (set.ok() && promise == Promise::kQuorum && number % 8 == 1)
    ReadBack(key, number);
  return OutcomeOf(set.status());
}

void Writers::ReadBack(const std::string& key, uint64_t number) {
  const auto value =
      node_.Get(key, Freshness::Linearizable(), ReadOptions{}, kTimeout);
  if (value.ok() && value->data == ValueOf(key, number)) {
    Send(Read{1});
  } else if (value.ok() || absl::IsNotFound(value.status())) {
    Send(Stale{absl::StrCat(
        key, " was read after the acknowledgement of its write ", number, ": ",
        value.ok() ? value->data.substr(0, 80) : value.status().ToString())});
  }  // else there was no such read
}

void Writers::Count(const std::stop_token& stop) {
  const absl::Duration period =
      absl::Seconds(3) / static_cast<double>(options_.writes_per_second);
  const std::string key = Own("c");
  absl::Duration pause = period;
  while (Pause(stop, pause)) {
    const uint64_t number = ++counted_;
    Send(Tried{key, number, static_cast<int>(Promise::kCount)});
    const auto sum =
        node_.Increment(key, 1, {.ack = Ack::kQuorum, .timeout = kTimeout});
    const Receipt receipt =
        sum.ok() ? sum->receipt : ReceiptOf(sum.status()).value_or(Receipt{});
    Send(ToAnswered(key, number, Promise::kCount, sum.status(), receipt));
    pause = sum.ok() ? period : kErrorPause;
  }
}

}  // namespace vigil::chaos
