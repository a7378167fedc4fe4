// An engine under many threads at once, beside its own: owners that write keys of
// their own, tellers that move money between the same accounts, a keeper that fills,
// swaps and flushes databases, readers, a replica that follows, checkpoints, and a
// clock that goes. What must hold is told by each of them; at the end, and after a kill
// or a power cut, the engine has what the owners' journals say.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/base/random.h"
#include "tests/engine/engine_fixture.h"

namespace vigil::engine {
namespace {

constexpr int kAccounts = 12;
constexpr int64_t kMoney = 1000;  // in each, at first
constexpr int kRounds = 1500;     // of each thread that writes
constexpr int kMayflies = 3;      // the database of what expires
constexpr size_t kKept = 8;       // keys that the keeper writes together

using Present = std::map<std::string, std::string>;

// A thread's own keys: what it did to them, and under which index.
class Owner {
 public:
  Owner(int number, uint64_t seed)
      : prefix_(absl::StrCat("own:", number, ":")), random_(seed) {}

  void Write(Engine& engine) {
    const std::string key = Key();
    const std::string other = Key();
    const std::string text(
        random_.Uniform(random_.Uniform(40) == 0 ? 5000 : 60),
        static_cast<char>('a' + random_.Uniform(26)));
    switch (random_.Uniform(6)) {
      case 0:
        return Do(engine, {.kind = Mutation::Kind::kDelete, .key = key},
                  {{key, std::nullopt}});
      case 1:
        return Do(engine,
                  {.kind = Mutation::Kind::kAppend, .key = key, .value = text},
                  {{key, ValueOf(key) + text}});
      case 2:
        if (!present_.contains(key) || key == other) return;
        return Do(engine,
                  {.kind = Mutation::Kind::kRename, .key = key, .value = other},
                  {{other, ValueOf(key)}, {key, std::nullopt}});
      case 3: {
        const Mutation both[] = {{.key = key, .value = text},
                                 {.key = other, .value = key}};
        const auto results = engine.MutateMany(both, kForever);
        ASSERT_TRUE(results.ok()) << results.status();
        return Note(results->front().index, {{key, text}, {other, key}});
      }
      default:
        return Do(engine, {.key = key, .value = text}, {{key, text}});
    }
  }

  // Nobody else writes them, so reads see exactly what was written last.
  void Read(const Engine& engine) {
    std::vector<std::string> names;
    for (int i = 0; i < 4; ++i) names.push_back(Key());
    const std::vector<std::string_view> keys(names.begin(), names.end());
    const auto entries = engine.GetMany(keys);
    for (size_t i = 0; i < keys.size(); ++i) {
      const auto at = present_.find(names[i]);
      ASSERT_EQ(entries[i].has_value(), at != present_.end()) << names[i];
      if (at == present_.end()) continue;
      ASSERT_EQ(entries[i]->value, at->second);
    }
    const std::string key = Key();
    ASSERT_EQ(engine.Exists(key), present_.contains(key)) << key;
    ASSERT_EQ(engine.GetPinned(key).has_value(), present_.contains(key));
  }

  // What they were after record `index`.
  Present At(uint64_t index) const {
    Present state;
    for (const Change& change : journal_) {
      if (change.index > index) break;
      if (change.value) {
        state[change.key] = *change.value;
      } else {
        state.erase(change.key);
      }
    }
    return state;
  }
  // What an engine has of them.
  Present In(const Engine& engine) const {
    Present state;
    engine.ForEach([&](std::string_view key, const Entry& entry) {
      if (key.starts_with(prefix_)) state[std::string(key)] = entry.value;
    });
    return state;
  }

 private:
  struct Change {
    uint64_t index;
    std::string key;
    std::optional<std::string> value;  // nullopt: deleted
  };
  using Changes =
      std::vector<std::pair<std::string, std::optional<std::string>>>;

  std::string Key() { return absl::StrCat(prefix_, random_.Uniform(40)); }
  std::string ValueOf(const std::string& key) const {
    const auto at = present_.find(key);
    return at == present_.end() ? "" : at->second;
  }
  void Do(Engine& engine, const Mutation& mutation, const Changes& changes) {
    const auto result = engine.Mutate(mutation, kForever);
    ASSERT_TRUE(result.ok()) << result.status();
    const bool deletes = mutation.kind == Mutation::Kind::kDelete;
    ASSERT_EQ(result->applied,
              !deletes || present_.contains(std::string(mutation.key)));
    if (result->index != 0) Note(result->index, changes);
  }
  void Note(uint64_t index, const Changes& changes) {
    for (const auto& [key, value] : changes) {
      journal_.push_back({index, key, value});
      if (value) {
        present_[key] = *value;
      } else {
        present_.erase(key);
      }
    }
  }

  const std::string prefix_;
  Random random_;
  Present present_;
  std::vector<Change> journal_;
};

std::string Account(uint64_t number) {
  return absl::StrCat("account:", number);
}

// The sum of all accounts, of one moment; nullopt before they are opened.
std::optional<int64_t> Money(const Engine& engine) {
  std::vector<std::string> names;
  for (uint64_t i = 0; i < kAccounts; ++i) names.push_back(Account(i));
  const std::vector<std::string_view> keys(names.begin(), names.end());
  int64_t sum = 0;
  for (const auto& entry : engine.GetMany(keys)) {
    int64_t money = 0;
    if (!entry || !absl::SimpleAtoi(entry->value, &money)) return std::nullopt;
    sum += money;
  }
  return sum;
}

void OpenAccounts(Engine& engine) {
  std::vector<std::string> names;
  for (uint64_t i = 0; i < kAccounts; ++i) names.push_back(Account(i));
  const std::string money = absl::StrCat(kMoney);
  std::vector<Mutation> batch;
  for (const std::string& name : names)
    batch.push_back({.key = name, .value = money});
  ASSERT_TRUE(engine.MutateMany(batch, kForever).ok());
}

// Half of the transfers are compare-and-set, which others may spoil: then all of it
// is refused.
void Transfer(Engine& engine, Random& random, std::atomic<uint64_t>& refused) {
  const std::string from = Account(random.Uniform(kAccounts));
  const std::string to = Account(random.Uniform(kAccounts));
  const auto amount = static_cast<int64_t>(random.Uniform(100));
  std::vector<Mutation> batch = {
      {.kind = Mutation::Kind::kIncrement, .key = from, .delta = -amount},
      {.kind = Mutation::Kind::kIncrement, .key = to, .delta = amount}};
  if (random.Uniform(2) == 0) {
    const auto seen = engine.Get(from);
    if (random.Uniform(2) == 0) std::this_thread::yield();
    ASSERT_TRUE(seen.has_value());
    batch.insert(batch.begin(), {.kind = Mutation::Kind::kCheck,
                                 .key = from,
                                 .version = seen->version});
  }
  const auto results = engine.MutateMany(batch, kForever);
  if (absl::IsAborted(results.status())) {
    ++refused;
    return;
  }
  ASSERT_TRUE(results.ok()) << results.status();
}

std::vector<std::string> KeptNames() {
  std::vector<std::string> names;
  for (size_t i = 0; i < kKept; ++i) names.push_back(absl::StrCat("kept:", i));
  return names;
}

// The same value for all keys of database 1, which then changes places or is flushed.
void Keep(Engine& engine, Random& random, int round) {
  const std::vector<std::string> names = KeptNames();
  const std::string value = absl::StrCat(round);
  std::vector<Mutation> batch;
  for (const std::string& name : names)
    batch.push_back({.database = 1, .key = name, .value = value});
  ASSERT_TRUE(engine.MutateMany(batch, kForever).ok());
  switch (random.Uniform(4)) {
    case 0:
      ASSERT_TRUE(engine.Flush({1, 2}, kForever).ok());
      ASSERT_EQ(engine.KeyCount(1) + engine.KeyCount(2), 0u);
      return;
    case 1:
      ASSERT_TRUE(engine.Flush({2}, kForever).ok());
      ASSERT_EQ(engine.Get(names[0], 1)->value, value);
      return;
    default:
      ASSERT_TRUE(engine.SwapDatabases(1, 2, kForever).ok());
      ASSERT_EQ(engine.Get(names[0], 2)->value, value);
  }
}

// A batch, a flush and a swap are seen whole.
void RequireOneRound(const Engine& engine, int database) {
  const std::vector<std::string> names = KeptNames();
  const std::vector<std::string_view> keys(names.begin(), names.end());
  const auto entries = engine.GetMany(keys, database);
  for (const auto& entry : entries) {
    ASSERT_EQ(entry.has_value(), entries[0].has_value());
    if (!entry.has_value()) continue;
    ASSERT_EQ(entry->value, entries[0]->value);
  }
}

// Records behind what it has. False: there is nothing more.
bool Follow(const Engine& master, Engine& replica) {
  const auto slice = master.ReadLog(replica.last_index() + 1, 20'000);
  EXPECT_TRUE(slice.ok()) << slice.status();
  if (!slice.ok() || slice->first == 0) return false;
  const absl::Status applied = replica.Apply(slice->records);
  EXPECT_TRUE(applied.ok()) << applied;
  return applied.ok();
}

class EngineUnderManyThreads : public EngineTest,
                               public ::testing::WithParamInterface<int> {
 protected:
  static constexpr int kOwners = 2;
  static constexpr int kTellers = 2;

  EngineUnderManyThreads() {
    options_.shards = 16;
    options_.log_memory_bytes = 100'000;  // writers wait for room now and then
    options_.log_disk_bytes = 1 << 30;    // the replica is never too late
    options_.checkpoint_period = absl::Milliseconds(1);
    options_.housekeeping_period = absl::Milliseconds(1);
    OpenOnDisk();
    engine_->OpenGate({});
    replica_ = *Engine::Open(QuietOptions(), nullptr, clock_, nullptr);
    for (int i = 0; i < kOwners; ++i) owners_.emplace_back(i, Seed(i));
    OpenAccounts(*engine_);
  }

  static uint64_t Seed(int thread) {
    return static_cast<uint64_t>(100 * GetParam() + thread);
  }
  bool Fine() const { return !HasFailure(); }

  void StartWriters() {
    for (Owner& owner : owners_) {
      Write([this, &owner](int) {
        owner.Write(*engine_);
        owner.Read(*engine_);
      });
    }
    for (int i = 0; i < kTellers; ++i) {
      Write([this, random = Random(Seed(10 + i))](int) mutable {
        Transfer(*engine_, random, refused_);
      });
    }
    Write([this, random = Random(Seed(20))](int round) mutable {
      if (round % 8 == 0) Keep(*engine_, random, round);
    });
    Write([this](int round) {
      const std::string key = absl::StrCat("mayfly:", round);
      const WallTime end{clock_.Wall().ms + round % 20};
      ASSERT_TRUE(
          engine_
              ->Mutate({.database = kMayflies, .key = key, .expires_at = end},
                       kForever)
              .ok());
      clock_.Advance(absl::Milliseconds(1));
      ASSERT_FALSE(engine_->Exists("mayfly:-1", kMayflies));
    });
  }
  // Until the writers are done.
  void StartOthers() {
    Beside([this] {
      EXPECT_EQ(Money(*engine_), kMoney * kAccounts);
      RequireOneRound(*engine_, 1);
      RequireOneRound(*engine_, 2);
    });
    Beside([this] {
      if (!Follow(*engine_, *replica_)) std::this_thread::yield();
      const std::optional<int64_t> money = Money(*replica_);
      EXPECT_EQ(money.value_or(kMoney * kAccounts), kMoney * kAccounts);
      RequireOneRound(*replica_, 1);
    });
    Beside([this] {
      EXPECT_TRUE(engine_->Sync().ok());
      EXPECT_TRUE(engine_->Checkpoint().ok());
      engine_->DeleteExpired();
      EXPECT_GE(engine_->status().last_index, engine_->durable_index());
    });
  }
  void Join() {
    for (std::thread& thread : writers_) thread.join();
    done_ = true;
    for (std::thread& thread : others_) thread.join();
  }

  // What `engine` has is what was there after its last record.
  void RequireExact(const Engine& engine) const {
    for (const Owner& owner : owners_)
      EXPECT_EQ(owner.In(engine), owner.At(engine.last_index()));
    EXPECT_EQ(Money(engine), kMoney * kAccounts);
    RequireOneRound(engine, 1);
    RequireOneRound(engine, 2);
  }

  std::atomic<uint64_t> refused_{0};
  std::unique_ptr<Engine> replica_;

 private:
  void Write(std::function<void(int)> round) {
    writers_.emplace_back([this, round = std::move(round)] {
      for (int i = 0; i < kRounds && Fine(); ++i) round(i);
    });
  }
  void Beside(std::function<void()> round) {
    others_.emplace_back([this, round = std::move(round)] {
      while (!done_ && Fine()) round();
    });
  }

  std::vector<Owner> owners_;
  std::vector<std::thread> writers_;
  std::vector<std::thread> others_;
  std::atomic<bool> done_{false};
};

TEST_P(EngineUnderManyThreads, KeepsItsPromisesThenAndAfterItIsReopened) {
  StartWriters();
  StartOthers();
  Join();
  ASSERT_TRUE(Fine());
  RequireExact(*engine_);
  EXPECT_GT(refused_, 0u);  // somebody came between

  clock_.Advance(absl::Seconds(1));
  engine_->DeleteExpired();
  EXPECT_TRUE(engine_->Sync().ok());
  engine_->DeleteExpired();
  EXPECT_EQ(engine_->KeyCount(kMayflies), 0u);
  while (Follow(*engine_, *replica_)) {
  }
  EXPECT_EQ(replica_->last_index(), engine_->last_index());
  RequireExact(*replica_);

  EXPECT_TRUE(engine_->Sync().ok());
  const uint64_t last = engine_->last_index();
  disk_->Kill();
  OpenOnDisk();
  EXPECT_EQ(engine_->last_index(), last);
  RequireExact(*engine_);
  EXPECT_EQ(engine_->KeyCount(kMayflies), 0u);
}

TEST_P(EngineUnderManyThreads, APowerCutLeavesWhatTheLogSaysUpToItsEnd) {
  StartWriters();
  StartOthers();
  Join();
  ASSERT_TRUE(Fine());
  const uint64_t durable = engine_->durable_index();
  Random random(Seed(30));
  disk_->PowerCut(random.Uniform(disk_->unsynced_writes() + 1));
  OpenOnDisk();
  EXPECT_GE(engine_->last_index(), durable);
  RequireExact(*engine_);
}

INSTANTIATE_TEST_SUITE_P(Seed, EngineUnderManyThreads, ::testing::Range(1, 3));

}  // namespace
}  // namespace vigil::engine
