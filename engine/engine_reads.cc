// The reads of an engine: one shard's lock for a lookup and a copy.
#include <bit>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/types/span.h"
#include "engine/base/random.h"
#include "engine/engine_impl.h"
#include "engine/glob.h"

namespace vigil::engine {
namespace {

Entry Copy(const Cell& cell) {
  return {std::string(cell.value()), cell.version(), cell.expires_at()};
}

// Whether it makes a key look used to the eviction policy. What only asks about a key
// does not, as in Redis, whose EXISTS, TTL, TYPE and OBJECT look up with NOTOUCH.
constexpr bool IsUse(OperationKind kind) {
  return kind != OperationKind::kExists && kind != OperationKind::kTtl;
}

}  // namespace

// Calls use(keyspace, cell) under the lock of the key's shard, cell being null if there
// is no such key. The clock is asked only if the key expires: that takes as long as the
// lookup of a hot key.
template <typename Use>
auto Engine::Impl::WithCell(OperationKind kind, std::string_view key,
                            int database, Use use) const {
  OperationTimer timer(insight, clock, kind, static_cast<uint8_t>(database),
                       key);
  return data.ReadKey(database, key, [&](Keyspace& keyspace, auto at) {
    Cell* cell = keyspace.FindStored(at.hash, at.database, key);
    if (cell != nullptr && cell->expires() && cell->ExpiredAt(clock.Wall()))
      cell = nullptr;
    timer.Found(cell != nullptr);
    if (cell != nullptr && timer.sampled())
      timer.set_value_bytes(cell->value().size());
    if (cell != nullptr && IsUse(kind)) keyspace.Touch(*cell);
    return use(cell);
  });
}

std::optional<Entry> Engine::Get(std::string_view key, int database) const {
  return impl_->WithCell(
      OperationKind::kGet, key, database, [](const Cell* cell) {
        return cell == nullptr ? std::nullopt
                               : std::optional<Entry>(Copy(*cell));
      });
}

std::optional<PinnedEntry> Engine::GetPinned(std::string_view key,
                                             int database) const {
  return impl_->WithCell(OperationKind::kGet, key, database,
                         [](const Cell* cell) -> std::optional<PinnedEntry> {
                           if (cell == nullptr) return std::nullopt;
                           if (!IsLarge(*cell))
                             return PinnedEntry({}, Copy(*cell));
                           return PinnedEntry(
                               CellPin(*cell),
                               {{}, cell->version(), cell->expires_at()});
                         });
}

bool Engine::Exists(std::string_view key, int database) const {
  return impl_->WithCell(OperationKind::kExists, key, database,
                         [](const Cell* cell) { return cell != nullptr; });
}

bool Engine::Touch(std::string_view key, int database) const {
  return impl_->WithCell(OperationKind::kTouch, key, database,
                         [](const Cell* cell) { return cell != nullptr; });
}

std::optional<KeyInfo> Engine::Look(std::string_view key, int database) const {
  return impl_->WithCell(OperationKind::kTtl, key, database,
                         [](const Cell* cell) -> std::optional<KeyInfo> {
                           if (cell == nullptr) return std::nullopt;
                           return KeyInfo{
                               .version = cell->version(),
                               .expires_at = cell->expires_at(),
                               .value_bytes = cell->value().size(),
                               .memory_bytes = CellHeap::BytesOf(*cell)};
                         });
}

namespace {

// A key of several that are looked up together.
struct Probe {
  uint64_t hash;
  size_t shard;
  Keyspace* keyspace;  // while it is locked
  Cell* likely;        // that it is the key's, once it was asked for
};

// All of them, and the shards that they are in, in ascending order.
struct Probes {
  Probes(absl::Span<const std::string_view> keys, uint8_t physical,
         const DataSet& data)
      : of(keys.size()) {
    absl::InlinedVector<uint64_t, 1> wanted((data.shards() + 63) / 64);
    for (size_t i = 0; i < keys.size(); ++i) {
      const uint64_t hash = data.Hash(physical, keys[i]);
      const size_t shard = ShardOf(hash, data.shards());
      of[i] = {hash, shard, nullptr, nullptr};
      wanted[shard / 64] |= uint64_t{1} << shard % 64;
    }
    for (size_t i = 0; i < wanted.size(); ++i) {
      for (uint64_t rest = wanted[i]; rest != 0; rest &= rest - 1)
        shards.push_back(64 * i + static_cast<size_t>(std::countr_zero(rest)));
    }
  }

  absl::InlinedVector<Probe, 64> of;
  absl::InlinedVector<size_t, 64> shards;
};

// How far ahead of the lookups their buckets, and then their cells, are asked for: about
// as many cache lines as a core can wait for at once. In between others are looked up and
// copied, so memory and core both work all the time.
constexpr size_t kAhead = 8;

// Calls found(i, cell) for each stored key; `at` is that of a ReadMany over its
// shards.
template <typename At, typename Found>
void VisitStored(absl::Span<const std::string_view> keys, uint8_t physical,
                 absl::Span<Probe> probes, At at, Found found) {
  const size_t count = keys.size();
  for (size_t step = 0; step < count + 2 * kAhead; ++step) {
    if (step < count) {
      Probe& probe = probes[step];
      probe.keyspace = &at(probe.shard);
      probe.keyspace->PrefetchBucket(probe.hash);
    }
    if (const size_t i = step - kAhead; i < count)
      probes[i].likely = probes[i].keyspace->PrefetchCell(probes[i].hash);
    if (const size_t i = step - 2 * kAhead; i < count) {
      const Probe& probe = probes[i];
      Cell* const cell = probe.keyspace->FindStored(probe.hash, physical,
                                                    keys[i], probe.likely);
      if (cell != nullptr) found(i, *cell);
    }
  }
}

}  // namespace

void Engine::VisitMany(
    absl::Span<const std::string_view> keys, int database,
    absl::FunctionRef<void(size_t, const EntryView&)> found) const {
  const Impl& impl = *impl_;
  OperationTimer timer(impl.insight, impl.clock, OperationKind::kGetMany,
                       static_cast<uint8_t>(database), {});
  uint64_t hits = 0;
  for (bool read = false; !read;) {
    const uint8_t physical = impl.data.Physical(database);
    Probes probes(keys, physical, impl.data);
    read = impl.data.ReadMany(probes.shards, [&](auto at) {
      // A swap came before the locks: these are the shards of other keys.
      if (at.Physical(database) != physical) return false;
      const auto visit = [&](size_t i, Cell& cell) {
        if (cell.expires() && cell.ExpiredAt(impl.clock.Wall())) return;
        probes.of[i].keyspace->Touch(cell);
        found(i, {cell.value(), cell.version(), cell.expires_at()});
        ++hits;
      };
      VisitStored(keys, physical, absl::MakeSpan(probes.of), at, visit);
      return true;
    });
    if (read && timer.sampled() && !keys.empty()) {
      // Any one of them, also if the same are asked for again and again.
      const auto drawn = static_cast<uint64_t>(impl.clock.Mono().ns);
      impl.insight.hot.Sample(static_cast<uint8_t>(database),
                              keys[drawn % keys.size()]);
    }
  }
  impl.insight.operations.CountHits(hits);
  impl.insight.operations.CountMisses(keys.size() - hits);
}

std::vector<std::optional<Entry>> Engine::GetMany(
    absl::Span<const std::string_view> keys, int database) const {
  std::vector<std::optional<Entry>> entries(keys.size());
  VisitMany(keys, database, [&](size_t i, const EntryView& entry) {
    Entry& found = entries[i].emplace();
    found.value.assign(entry.value);
    found.version = entry.version;
    found.expires_at = entry.expires_at;
  });
  return entries;
}

// --- Many keys. A cursor is the number of a shard and a position in it.

namespace {

constexpr int kShardShift = 48;

// Moves on by one segment. Returns the cursor behind it, 0 behind the last. `in_turn`:
// who goes through all of them gives way to others in between.
template <typename Visit>
uint64_t VisitAt(const DataSet& data, uint64_t cursor, Visit visit,
                 bool in_turn = false) {
  const size_t shard = cursor >> kShardShift;
  if (shard >= data.shards()) return 0;  // not a cursor of this engine
  uint64_t position = cursor & (Table::kPositionEnd - 1);
  const auto read = [&](const Keyspace& keyspace) {
    keyspace.VisitSome(position, visit);
  };
  in_turn ? data.ReadInTurn(shard, read) : data.Read(shard, read);
  if (position < Table::kPositionEnd)
    return uint64_t{shard} << kShardShift | position;
  return shard + 1 < data.shards() ? uint64_t{shard + 1} << kShardShift : 0;
}

}  // namespace

ScanPage Engine::Scan(const ScanRequest& request) const {
  const OperationTimer timer(impl_->insight, impl_->clock, OperationKind::kScan,
                             static_cast<uint8_t>(request.database), {});
  const uint8_t physical = impl_->data.Physical(request.database);
  const WallTime now = impl_->clock.Wall();
  ScanPage page{.cursor = request.cursor};
  size_t seen = 0;
  do {
    page.cursor = VisitAt(impl_->data, page.cursor, [&](const Cell& cell) {
      ++seen;
      const std::string_view key = cell.key();
      if (cell.database() != physical || cell.ExpiredAt(now)) return;
      if (key.substr(0, request.prefix.size()) != request.prefix) return;
      if (!request.pattern.empty() && !GlobMatches(request.pattern, key))
        return;
      page.keys.emplace_back(key);
    });
  } while (seen < request.count && page.cursor != 0);
  return page;
}

std::optional<std::string> Engine::RandomKey(int database) const {
  const OperationTimer timer(impl_->insight, impl_->clock,
                             OperationKind::kRandomKey,
                             static_cast<uint8_t>(database), {});
  const DataSet& data = impl_->data;
  const uint8_t physical = data.Physical(database);
  const WallTime now = impl_->clock.Wall();
  Random random(RandomFromSystem());
  const uint64_t first = random.Uniform(uint64_t{data.shards()} << kShardShift);
  uint64_t cursor = first;
  bool wrapped = false;
  // From a random segment on, until one has a key of this database.
  for (;;) {
    std::string chosen;
    uint64_t seen = 0;
    const uint64_t next = VisitAt(data, cursor, [&](const Cell& cell) {
      if (cell.database() != physical || cell.ExpiredAt(now)) return;
      // Each of n with probability 1/n (reservoir sampling).
      if (random.Uniform(++seen) == 0) chosen = cell.key();
    });
    if (seen > 0) return chosen;
    if (wrapped && (next > first || next == 0)) return std::nullopt;
    wrapped = wrapped || next == 0;
    cursor = next;
  }
}

uint64_t Engine::KeyCount(int database) const {
  const uint8_t physical = impl_->data.Physical(database);
  uint64_t keys = 0;
  for (size_t shard = 0; shard < impl_->data.shards(); ++shard) {
    keys += impl_->data.Read(shard, [&](const Keyspace& keyspace) {
      const auto& databases = keyspace.databases();
      return physical < databases.size() ? databases[physical].keys : 0;
    });
  }
  return keys;
}

void Engine::ForEach(
    absl::FunctionRef<void(std::string_view, const Entry&)> visit,
    int database) const {
  const uint8_t physical = impl_->data.Physical(database);
  const WallTime now = impl_->clock.Wall();
  uint64_t cursor = 0;
  do {
    std::vector<std::pair<std::string, Entry>> copies;
    std::vector<CellPin> large;
    cursor = VisitAt(
        impl_->data, cursor,
        [&](const Cell& cell) {
          if (cell.database() != physical || cell.ExpiredAt(now)) return;
          if (IsLarge(cell)) {
            large.emplace_back(cell);
          } else {
            copies.emplace_back(cell.key(), Copy(cell));
          }
        },
        /*in_turn=*/true);
    for (const auto& [key, entry] : copies) visit(key, entry);
    for (CellPin& pin : large) {
      const CellPin freed_afterwards = std::move(pin);
      visit(freed_afterwards.get()->key(), Copy(*freed_afterwards.get()));
    }
  } while (cursor != 0);
}

namespace {

void AddTo(KeyspaceBytes& sum, const KeyspaceBytes& more) {
  sum.cells += more.cells;
  sum.table += more.table;
  sum.directory += more.directory;
  sum.policy += more.policy;
  sum.gone += more.gone;
  sum.pages += more.pages;
  sum.small_cells += more.small_cells;
}

}  // namespace

const Insight& Engine::insight() const { return impl_->insight; }

BigKeys Engine::big_keys() const { return impl_->housekeeper->big_keys(); }

EngineStatus Engine::status() const {
  const Impl& impl = *impl_;
  EngineStatus status;
  status.databases.resize(static_cast<size_t>(impl.options.databases));
  const std::string map = impl.data.MapBytes();
  for (size_t shard = 0; shard < impl.data.shards(); ++shard) {
    impl.data.Read(shard, [&](const Keyspace& keyspace) {
      AddTo(status.bytes, keyspace.bytes());
      for (size_t i = 0; i < status.databases.size(); ++i) {
        const auto physical = static_cast<uint8_t>(map[i]);
        if (physical >= keyspace.databases().size()) continue;
        const Keyspace::Database& part = keyspace.databases()[physical];
        status.databases[i].keys += part.keys;
        status.databases[i].expiring += part.expiring;
        status.keys += part.keys;
      }
    });
  }
  status.idle_page_bytes = impl.pool->idle_bytes();
  status.max_memory = impl.options.max_memory;
  // From the lowest up, so that they are in order although writers go on.
  status.checkpoint_index = memory_only() ? 0 : impl.storage->checkpoint();
  status.durable_index = durable_index();
  status.persisted_index = persisted_index();
  status.last_index = last_index();
  status.log_first_index = impl.log.first_index();
  status.log_memory_bytes = impl.log.bytes();
  if (!memory_only()) status.storage = impl.storage->size();
  status.expired_keys = impl.housekeeper->expired();
  status.evicted_keys = impl.evicted;
  const Log::Pressure log = impl.log.pressure();
  const Reclaimer::Counts freeing = impl.reclaimer->counts();
  status.pressure = {
      .unpersisted_bytes = log.unpersisted_bytes,
      .unpersisted_bytes_max = impl.options.log_memory_bytes,
      .delays = log.delays + freeing.delays,
      .refused_log_full = log.refused,
      .refused_memory = impl.refused_for_memory + freeing.refused};
  status.unfreed_values = freeing.waiting;
  status.unfreed_bytes = freeing.waiting_bytes;
  status.freed_values = freeing.freed;
  status.health = impl.log.health();
  return status;
}

}  // namespace vigil::engine
