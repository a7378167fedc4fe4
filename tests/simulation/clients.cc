#include "tests/simulation/clients.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace vigil::simulation {
namespace {

using engine::Mutation;
using Kind = Operation::Kind;

constexpr absl::Duration kTimeout = absl::Seconds(1);

}  // namespace

void Clients::Start(int clients) {
  for (int i = 0; i < clients; ++i) Next(i);
}

void Clients::Next(int client) {
  world_.scheduler.After(
      world_.random.Between(absl::Milliseconds(1), absl::Milliseconds(60)),
      [this, client] {
        if (stopped_) return;
        Attempt();
        Next(client);
      });
}

void Clients::Burst(int operations) {
  for (int i = 0; i < operations; ++i) Attempt();
}

void Clients::Attempt() {
  if (world_.random.Uniform(10) == 0)
    master_ = world_.random.Uniform(processes_.size());
  for (size_t tried = 0; tried < processes_.size(); ++tried) {
    Process& process = *processes_[master_];
    if (process.alive() && !process.paused() &&
        process.member().commit_point().epoch) {
      return WriteTo(process);
    }
    master_ = (master_ + 1) % processes_.size();
  }
}

Ack Clients::AnyAck() {
  constexpr Ack kAcks[] = {Ack::kMemory,   Ack::kMemory,       Ack::kDisk,
                           Ack::kReplicas, Ack::kQuorum,       Ack::kQuorum,
                           Ack::kQuorum,   Ack::kQuorumDurable};
  return kAcks[world_.random.Uniform(8)];
}

void Clients::WriteTo(Process& process) {
  const uint64_t nth = world_.random.Uniform(3);
  Operation op{.value = absl::StrCat("v", ++written_), .ack = AnyAck()};
  Mutation mutation;
  switch (world_.random.Uniform(8)) {
    case 0:
    case 1:
      op.key = absl::StrCat("register/", nth);
      break;
    case 2: {
      op.kind = Kind::kCompareAndSet;
      op.key = absl::StrCat("register/", nth);
      const auto present = process.engine().Get(op.key);
      op.version = present.has_value() ? present->version : 0;
      mutation.version = op.version;
      break;
    }
    case 3:
      op.kind = Kind::kAppend;
      op.key = absl::StrCat("list/", nth);
      absl::StrAppend(&op.value, ";");
      mutation.kind = Mutation::Kind::kAppend;
      break;
    case 4:
      op.kind = Kind::kIncrement;
      op.key = absl::StrCat("counter/", nth);
      mutation.kind = Mutation::Kind::kIncrement;
      mutation.delta = 1;
      break;
    case 5:
      op.kind = Kind::kAdd;
      op.key = absl::StrCat("set/", written_);
      mutation.existence = Mutation::Existence::kAbsent;
      break;
    case 6: {
      op.key = absl::StrCat("expiring/", nth);
      const auto ttl = static_cast<int64_t>(100 + world_.random.Uniform(2000));
      mutation.expires_at = {process.clock().Wall().ms + ttl};
      break;
    }
    case 7:
      return Transfer(process);
  }
  mutation.key = op.key;
  mutation.value = op.value;
  Do(process, op, {mutation});
}

void Clients::Transfer(Process& process) {
  const auto& accounts = WholeBatches::Accounts();
  const size_t from = world_.random.Uniform(accounts.size());
  const size_t to = (from + 1) % accounts.size();
  Operation op{.kind = Kind::kTransfer, .ack = AnyAck()};
  const auto balances = process.engine().GetMany(accounts);
  std::vector<std::string> values(accounts.size());
  std::vector<Mutation> mutations;
  if (!balances[from].has_value()) {  // none is open yet
    for (size_t i = 0; i < accounts.size(); ++i) {
      values[i] = std::to_string(WholeBatches::kEach);
      mutations.push_back(
          {.key = accounts[i], .value = values[i], .version = 0});
    }
    op.key = accounts[0];
    op.version = 0;
  } else {
    for (const auto& [i, amount] : {std::pair(from, -1), std::pair(to, +1)}) {
      int64_t balance = 0;
      if (!absl::SimpleAtoi(balances[i]->value, &balance)) return;
      values[i] = std::to_string(balance + amount);
      mutations.push_back({.key = accounts[i],
                           .value = values[i],
                           .version = balances[i]->version});
    }
    op.key = accounts[from];
    op.version = balances[from]->version;
  }
  Do(process, op, mutations);
}

void Clients::Do(Process& process, Operation op,
                 const std::vector<Mutation>& mutations) {
  op.machine = process.machine();
  op.invoked = world_.scheduler.now();
  Operation& noted = world_.checks.operations.emplace_back(std::move(op));
  const auto done = process.writes().Write(
      mutations, noted.ack, kTimeout,
      [&](const WritePath::Applied& applied) {
        noted.integer = applied.result.integer;
        noted.size = applied.result.size;
        if (applied.result.index != 0)
          noted.at = {applied.epoch, applied.result.index};
      },
      [this, &noted](const absl::StatusOr<Receipt>& receipt) {
        if (receipt.ok()) world_.checks.OnAcked(noted, world_.scheduler.now());
      });
  if (!done.ok() && &noted == &world_.checks.operations.back())
    world_.checks.operations.pop_back();  // nothing was applied
  if (done.ok()) master_ = static_cast<size_t>(process.machine());
}

}  // namespace vigil::simulation
