// S3-FIFO and SIEVE: the policies that keep keys in the order in which they came.
//
//   S3-FIFO   new ─▶ small (10 %) ─▶ read twice or more? ─ yes ─▶ main ─▶ read? again
//               ▲                        │ no                        │ no
//               └── ghost remembers ◀────┴──── evicted ◀─────────────┘
//                   (a key that returns goes to main)
//   Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023.
//
//   SIEVE     new ─▶ one queue; a hand passes over it, from the oldest on, spares
//             what was read since it last passed, and takes the first that was not.
//   Zhang et al., "SIEVE is simpler than LRU", NSDI 2024.
//
// A read sets a bit or two in the cell and touches no queue. Queues hold hashes; what
// stands in a queue for a key that has gone is recognised by a number that the cell
// and the place share, and passed over.
//
// Thread-safety: thread-compatible.
#ifndef VIGIL_ENGINE_EVICTION_QUEUES_H_
#define VIGIL_ENGINE_EVICTION_QUEUES_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "engine/eviction.h"
#include "engine/page_source.h"
#include "engine/slab_allocator.h"

namespace vigil::engine {

// The access bits of a cell: | place 20 | queue 1 | reads 3 |.
struct QueueMark {
  static constexpr uint32_t kPlaceMask = (1 << 20) - 1;
  uint32_t place = 0;
  bool main = false;
  uint32_t reads = 0;

  static QueueMark Of(const Cell& cell) {
    const uint32_t bits = cell.access();
    return {bits >> 4, (bits & 8) != 0, bits & 7};
  }
  void WriteTo(Cell& cell) const {
    cell.set_access(place << 4 | (main ? 8u : 0u) | reads);
  }
};

// Hashes in the order of their coming.
class HashQueue {
 public:
  // `blocks` outlives it.
  HashQueue(bool main, DequeBlocks& blocks)
      : main_(main), hashes_(SlabAllocator<uint64_t>(blocks)) {}

  // `cell` comes in as the youngest, not read yet, or `reads` times.
  void Push(uint64_t hash, Cell& cell, uint32_t reads);
  // The cell at place `i`, the oldest being 0; nullptr if it has gone.
  Cell* At(size_t i, const Table& table) const;
  uint64_t hash(size_t i) const { return hashes_[i]; }
  void PopOldest();
  // Most places are of keys that have gone, or they are being taken out.
  bool untidy() const;
  // If it is untidy, looks at up to `count` places more and takes out what has gone; cells
  // get new places. Returns where what was at `follow`, or came after it, is now.
  size_t Tidy(const Table& table, size_t count, size_t follow = 0);

  size_t places() const { return hashes_.size(); }
  size_t live() const { return live_; }
  void Left() { --live_; }

 private:
  const bool main_;
  std::deque<uint64_t, SlabAllocator<uint64_t>> hashes_;
  uint64_t first_place_ = 0;
  size_t live_ = 0;
  // While it is tidied: what is below `write_` is tidy, and from there up to `read_`
  // nothing is left.
  size_t write_ = 0;
  size_t read_ = 0;
};

// Which keys were evicted lately: as many as were said to Resize, more or less.
class Ghost {
 public:
  // Makes room for so many, if there is less; it forgets all of them then. The room at
  // least doubles each time, so that a growing store loses little of its memory.
  void Resize(size_t keys);
  void Add(uint64_t hash);
  bool Take(uint64_t hash);  // whether it is known; it is forgotten
  size_t bytes() const { return marks_.capacity() * sizeof(uint32_t); }

 private:
  size_t IndexOf(uint64_t hash) const { return (hash >> 15) % marks_.size(); }
  static uint32_t MarkOf(uint64_t hash) {
    return static_cast<uint32_t>(hash) | 1;  // 0: nothing
  }
  std::vector<uint32_t> marks_;
};

class S3Fifo final : public Evictor {
 public:
  explicit S3Fifo(PageSource& pool) : blocks_(pool) {}

  void Inserted(uint64_t hash, Cell& cell, bool loaded,
                const Table& table) override;
  void Accessed(Cell& cell) override;
  void Erased(uint64_t hash, const Cell& cell, bool evicted) override;
  const Cell* Victim(const Table& table) override;
  bool untidy() const override { return small_.untidy() || main_.untidy(); }
  void Tidy(const Table& table) override;
  size_t bytes() const override {
    return blocks_.used_bytes() + ghost_.bytes();
  }

 private:
  // nullptr: empty, or all that was looked at was read and is in main_ now.
  const Cell* FromSmall(const Table& table);
  // nullptr: empty.
  const Cell* FromMain(const Table& table);

  DequeBlocks blocks_;
  HashQueue small_{false, blocks_};
  HashQueue main_{true, blocks_};
  Ghost ghost_;
};

class Sieve final : public Evictor {
 public:
  explicit Sieve(PageSource& pool) : blocks_(pool) {}

  void Inserted(uint64_t hash, Cell& cell, bool loaded,
                const Table& table) override;
  void Accessed(Cell& cell) override;
  void Erased(uint64_t hash, const Cell& cell, bool evicted) override;
  const Cell* Victim(const Table& table) override;
  bool untidy() const override { return queue_.untidy(); }
  void Tidy(const Table& table) override;
  size_t bytes() const override { return blocks_.used_bytes(); }

 private:
  DequeBlocks blocks_;
  HashQueue queue_{false, blocks_};
  size_t hand_ = 0;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_EVICTION_QUEUES_H_
