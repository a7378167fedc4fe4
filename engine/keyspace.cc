#include "engine/keyspace.h"

#include <algorithm>

#include "absl/container/inlined_vector.h"
#include "engine/hash.h"

namespace vigil::engine {
namespace {

Cell::Content ContentOf(const RecordView& effect) {
  return {.database = effect.database,
          .key = effect.key,
          .value = effect.value,
          .version = effect.index,
          .expires_at = effect.expires_at};
}

}  // namespace

Keyspace::Keyspace(const KeyspaceOptions& options, PageSource& pool)
    : options_(options),
      heap_(pool, options.large_memory),
      table_(options.hash_seed, pool),
      evictor_(MakeEvictor(options.eviction, options.hash_seed, pool)) {}

Keyspace::Keyspace(Keyspace&&) noexcept = default;

Keyspace::~Keyspace() {
  // Small cells go with their pages.
  if (!heap_.has_large()) return;
  for (uint64_t at = 0; at < Table::kPositionEnd;) {
    table_.Step(at).Update([this](Cell* cell) {
      if (IsLarge(*cell)) heap_.Free(cell);
      return cell;
    });
  }
}

uint64_t Keyspace::HashOf(const Cell& cell) const {
  return HashKey(cell.database(), cell.key(), options_.hash_seed);
}

// --- Reading

Cell* Keyspace::FindStored(uint64_t hash, uint8_t database,
                           std::string_view key) const {
  Cell* const cell = table_.Find(hash, database, key);
  return cell == nullptr || IsFlushed(*cell) ? nullptr : cell;
}

Cell* Keyspace::Find(uint64_t hash, uint8_t database, std::string_view key,
                     WallTime now) const {
  Cell* const cell = FindStored(hash, database, key);
  return cell == nullptr || cell->ExpiredAt(now) ? nullptr : cell;
}

// --- Changing

Keyspace::Database& Keyspace::Of(uint8_t database) {
  if (database >= databases_.size()) databases_.resize(database + 1u);
  return databases_[database];
}

void Keyspace::Count(const Cell& cell, bool comes) {
  if (IsFlushed(cell)) {
    flushed_ += comes ? 1 : size_t(-1);
    return;
  }
  Database& database = Of(cell.database());
  const size_t one = comes ? 1 : size_t(-1);
  database.keys += one;
  if (cell.expires()) database.expiring += one;
}

Cell* Keyspace::CellOf(uint64_t hash, const RecordView& effect,
                       Cell* found) const {
  return found != nullptr ? found
                          : table_.Find(hash, effect.database, effect.key);
}

bool Keyspace::Apply(uint64_t hash, const RecordView& effect, Cell* found) {
  switch (effect.type) {
    case RecordType::kSet: {
      if (effect.index < Of(effect.database).floor) return false;
      Cell* const cell = Store(hash, effect, found, /*loaded=*/false);
      if (cell == nullptr) return false;
      if (options_.track_changes && !cell->dirty()) {
        cell->set_dirty(true);
        table_.NotesAt(hash).dirty = true;
      }
      return true;
    }
    case RecordType::kDelete:
      return Erase(hash, effect, found);
    case RecordType::kBatch:
    case RecordType::kEpoch:
    case RecordType::kConfiguration:
      return false;
  }
  return false;
}

void Keyspace::Load(uint64_t hash, const RecordView& entry) {
  if (entry.index < Of(entry.database).floor) {
    if (options_.track_changes) AddGone(entry.database, entry.key);
    return;
  }
  Cell* cell = Store(hash, entry, nullptr, /*loaded=*/true);
  // A newer one is here already; the row of this one is on disk all the same.
  if (cell == nullptr) cell = table_.Find(hash, entry.database, entry.key);
  cell->set_stored(true);
}

void Keyspace::Restore(uint64_t hash, uint8_t database, std::string_view key,
                       const RecordView* entry) {
  if (Cell* const cell = table_.Find(hash, database, key))
    Remove(hash, *cell, /*evicted=*/false);
  if (entry != nullptr) Load(hash, *entry);
}

Cell* Keyspace::Store(uint64_t hash, const RecordView& effect, Cell* found,
                      bool loaded) {
  newest_ = std::max(newest_, effect.index);
  const Cell::Content content = ContentOf(effect);
  Cell* const cell = CellOf(hash, effect, found);
  if (cell == nullptr) return Insert(hash, content, loaded);
  if (effect.index <= cell->version()) return nullptr;
  return Overwrite(hash, *cell, content);
}

Cell* Keyspace::Insert(uint64_t hash, const Cell::Content& content,
                       bool loaded) {
  Cell* const cell = heap_.Make(content);
  table_.Insert(hash, cell);
  Count(*cell, true);
  if (Evictable(*cell)) evictor_->Inserted(hash, *cell, loaded, table_);
  return cell;
}

Cell* Keyspace::Overwrite(uint64_t hash, Cell& cell,
                          const Cell::Content& content) {
  Count(cell, false);
  Cell* fresh = &cell;
  if (!IsLarge(cell) && cell.Fits(content)) {
    cell.Replace(content);
    if (cell.expires()) table_.Replace(hash, &cell, &cell);
  } else {
    fresh = heap_.Make(content);
    fresh->set_stored(cell.stored());
    fresh->set_dirty(cell.dirty());
    fresh->set_access(cell.access());
    table_.Replace(hash, &cell, fresh);
    heap_.Free(&cell);
  }
  Count(*fresh, true);
  Touch(*fresh);
  return fresh;
}

bool Keyspace::Erase(uint64_t hash, const RecordView& effect, Cell* found) {
  Cell* const cell = CellOf(hash, effect, found);
  if (cell == nullptr || effect.index <= cell->version()) return false;
  Remove(hash, *cell, effect.cause == Cause::kEvicted);
  return true;
}

void Keyspace::Remove(uint64_t hash, Cell& cell, bool evicted) {
  Count(cell, false);
  if (options_.track_changes && cell.stored())
    AddGone(cell.database(), cell.key());
  if (Evictable(cell)) evictor_->Erased(hash, cell, evicted);
  table_.Erase(hash, &cell);
  heap_.Free(&cell);
}

void Keyspace::AddGone(uint8_t database, std::string_view key) {
  gone_.push_back({database, std::string(key)});
  gone_bytes_ += sizeof(GoneKey) + key.size();
}

std::deque<Keyspace::GoneKey> Keyspace::TakeGone() {
  gone_bytes_ = 0;
  return std::exchange(gone_, {});
}

void Keyspace::Flush(uint8_t number, uint64_t floor) {
  Database& database = Of(number);
  if (floor <= database.floor) return;
  // What is newer than the flush stays: a replay may come back to an older record.
  size_t keys = 0;
  size_t expiring = 0;
  if (database.keys > 0 && newest_ >= floor) {
    for (uint64_t at = 0; at < Table::kPositionEnd;) {
      table_.Step(at).ForEach([&](const Cell& cell) {
        if (cell.database() != number || cell.version() < floor) return;
        ++keys;
        if (cell.expires()) ++expiring;
      });
    }
  }
  flushed_ += database.keys - keys;
  database = {.floor = floor, .keys = keys, .expiring = expiring};
}

// --- Segment by segment

void Keyspace::VisitSome(uint64_t& position,
                         absl::FunctionRef<void(const Cell&)> visit) const {
  const_cast<Table&>(table_).Step(position).ForEach([&](const Cell& cell) {
    if (!IsFlushed(cell)) visit(cell);
  });
}

void Keyspace::VisitDirty(uint64_t& position,
                          absl::FunctionRef<void(const Cell&)> visit) {
  Table::Group group = table_.Step(position);
  if (!group.notes().dirty) return;
  group.notes().dirty = false;
  group.Update([&](Cell* cell) {
    if (cell->dirty()) {
      cell->set_dirty(false);
      if (!IsFlushed(*cell)) {
        cell->set_stored(true);
        visit(*cell);
      }
    }
    return cell;
  });
}

void Keyspace::VisitExpired(uint64_t& position, WallTime now, size_t max,
                            absl::FunctionRef<bool(const Cell&)> expire) {
  uint64_t behind = position;
  Table::Group group = table_.Step(behind);
  if (group.notes().earliest_expiry_ms > now.ms) {
    position = behind;
    return;
  }
  absl::InlinedVector<const Cell*, 16> due;
  int64_t earliest = INT64_MAX;
  group.ForEachExpiring([&](const Cell& cell) {
    if (!cell.ExpiredAt(now)) {
      earliest = std::min(earliest, cell.expires_at().ms);
    } else if (!IsFlushed(cell)) {
      due.push_back(&cell);
    }
    return due.size() < max;
  });
  // Deleting does not move the segment, so its notes stay where they are.
  Table::Notes& notes = group.notes();
  for (const Cell* cell : due) {
    if (!expire(*cell)) return;
  }
  if (due.size() == max) return;
  notes.earliest_expiry_ms = earliest;
  position = behind;
}

void Keyspace::EraseSomeFlushed() {
  if (flushed_ == 0) return;
  std::vector<Cell*> flushed;
  table_.Step(flushed_at_).Update([&](Cell* cell) {
    if (IsFlushed(*cell)) flushed.push_back(cell);
    return cell;
  });
  if (flushed_at_ == Table::kPositionEnd) flushed_at_ = 0;
  for (Cell* cell : flushed) Remove(HashOf(*cell), *cell, /*evicted=*/false);
}

void Keyspace::Compact(uint64_t& position) {
  const uint64_t at = position;
  table_.Step(position).Update([this](Cell* cell) {
    if (!heap_.SparseAt(*cell)) return cell;
    Cell* const moved = heap_.Copy(*cell);
    heap_.Free(cell);
    return moved;
  });
  table_.Compact(at);
}

KeyspaceBytes Keyspace::bytes() const {
  return {.cells = heap_.used_bytes(),
          .table = table_.bytes(),
          .directory = table_.directory_bytes(),
          .policy = evictor_ == nullptr ? 0 : evictor_->bytes(),
          .gone = gone_bytes_,
          .pages = heap_.page_bytes() + table_.page_bytes(),
          .small_cells = heap_.small_bytes()};
}

}  // namespace vigil::engine
