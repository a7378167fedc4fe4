#include "tests/simulation/clients.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace vigil::simulation {
namespace {

using engine::Mutation;
using Kind = Operation::Kind;

constexpr absl::Duration kTimeout = absl::Seconds(1);
constexpr uint64_t kExpiringKeys = 30;

}  // namespace

void Clients::Start(int clients) {
  for (int i = 0; i < clients; ++i) Next(i);
}

void Clients::Next(int client) {
  world_.scheduler.After(
      world_.random.Between(absl::Milliseconds(1), absl::Milliseconds(60)),
      [this, client] {
        if (stopped_) return;
        Attempt(client);
        if (world_.random.Uniform(3) == 0) ReadAnywhere(client);
        Next(client);
      });
}

void Clients::Burst(int operations) {
  for (int i = 0; i < operations; ++i) Attempt(0);
}

void Clients::Attempt(int client) {
  if (world_.random.Uniform(10) == 0)
    master_ = world_.random.Uniform(processes_.size());
  for (size_t tried = 0; tried < processes_.size(); ++tried) {
    Process& process = *processes_[master_];
    if (process.alive() && !process.paused() &&
        process.member().commit_point().epoch) {
      const size_t before = world_.checks.operations.size();
      WriteTo(process);
      const auto& operations = world_.checks.operations;
      if (operations.size() > before && operations.back().at.index != 0)
        sessions_[client] = operations.back().at;
      return;
    }
    master_ = (master_ + 1) % processes_.size();
  }
}

// --- Reads

void Clients::ReadAnywhere(int client) {
  Process& process = *processes_[world_.random.Uniform(processes_.size())];
  if (!process.alive() || process.paused()) return;
  if (world_.random.Uniform(3) > 0) return ReadLinearizably(process);
  ReadOwnWrites(process, client);
}

std::string Clients::AnyKey() {
  constexpr const char* kFolders[] = {"register/", "list/", "counter/"};
  const uint64_t nth = world_.random.Uniform(3);
  if (world_.random.Uniform(4) == 0)
    return absl::StrCat("expiring/", world_.random.Uniform(kExpiringKeys));
  return absl::StrCat(kFolders[world_.random.Uniform(3)], nth);
}

void Clients::ReadLinearizably(Process& process) {
  ReadOperation& noted = world_.checks.linear_reads.emplace_back();
  noted.machine = process.machine();
  noted.key = AnyKey();
  noted.invoked = world_.scheduler.now();
  process.reads().Read(
      Freshness::Linearizable(), process.clock().Mono() + kTimeout,
      [&process, &noted] {
        const auto present = process.engine().Get(noted.key);
        noted.value.reset();
        if (present.has_value()) noted.value = present->value;
        noted.version = present.has_value() ? present->version : 0;
        noted.wall = process.clock().Wall();
      },
      [this, &process, &noted](const absl::StatusOr<Position>& seen) {
        if (!seen.ok()) return;
        world_.checks.OnRead(noted, *seen,
                             process.member().branch().history.last_epoch(),
                             world_.scheduler.now());
      });
}

void Clients::ReadOwnWrites(Process& process, int client) {
  const Position session = sessions_[client];
  if (session.index == 0) return;
  process.reads().Read(
      {.level = Freshness::kAtLeast,
       .epoch = session.epoch.number,
       .index = session.index},
      process.clock().Mono() + kTimeout, [] {},
      [this, &process, client, session](const absl::StatusOr<Position>& seen) {
        if (absl::IsAborted(seen.status())) sessions_[client] = {};
        if (!seen.ok()) return;
        world_.checks.OnSessionRead(session, process.member().branch());
        sessions_[client] = *seen;
      });
}

// --- Writes

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
      op.key = absl::StrCat("expiring/", world_.random.Uniform(kExpiringKeys));
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
        if (receipt.ok()) {
          world_.checks.OnAcked(noted, world_.scheduler.now());
        } else {
          world_.checks.OnRefused(noted, receipt.status());
        }
      });
  if (!done.ok() && &noted == &world_.checks.operations.back())
    world_.checks.operations.pop_back();  // nothing was applied
  if (done.ok()) master_ = static_cast<size_t>(process.machine());
}

}  // namespace vigil::simulation
