// LogRing: the newest part of the log, in memory, as encoded records.
//
//     first_index()                              last_index()
//     | chunk ......... | chunk ......... | chunk ....|      |
//       dropped from here                        appended here
//
// A chunk's bytes never move and never change once written, so a reader takes a
// View under the owner's lock and copies the bytes without it.
//
// Thread-safety: thread-compatible, but for the bytes of a View.
// Invariants: indexes follow each other without a gap; empty means first_index()
// == last_index() + 1.
#ifndef VIGIL_ENGINE_LOG_RING_H_
#define VIGIL_ENGINE_LOG_RING_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/record.h"
#include "engine/storage.h"

namespace vigil::engine {

class LogRing {
 public:
  // Bytes that somebody may still be reading, and what is freed with them.
  using Keep = std::shared_ptr<const void>;

  // A run of records and what keeps its bytes alive.
  class View {
   public:
    LogSlice Copy() const;

   private:
    friend class LogRing;
    uint64_t first_ = 0;
    uint64_t last_ = 0;
    std::vector<std::string_view> parts_;
    std::vector<Keep> keep_;
  };

  // Empty; the first record will be last_index + 1.
  explicit LogRing(uint64_t last_index) : last_(last_index) {}

  uint64_t first_index() const {
    return chunks_.empty() ? last_ + 1 : chunks_.front()->first;
  }
  uint64_t last_index() const { return last_; }
  // What it holds: the records, where each begins, and what is left at the ends of chunks.
  size_t bytes() const { return bytes_; }

  // Encodes `record` as the next one, whatever its index says. Returns its bytes.
  size_t Append(const RecordView& record);
  // Appends one encoded record, which must be the next one.
  size_t AppendEncoded(std::string_view record);

  // What is left of it when the records above `last` go: a ring of its own, which
  // shares with this one the chunks that are full.
  LogRing UpTo(uint64_t last) const;

  // Whole records from `from` on: as many as fit into `bytes_max`, at least one.
  // REQUIRES: first_index() <= from <= last_index().
  View Read(uint64_t from, size_t bytes_max) const;

  // Takes old chunks out until no more than `bytes_max` of bytes() are left, but none with a
  // record above `upto`. The caller frees them when it holds no lock.
  [[nodiscard]] std::vector<Keep> Trim(uint64_t upto, size_t bytes_max);

 private:
  struct Chunk {
    uint64_t first = 0;
    std::string bytes;              // reserved once, so that it never moves
    std::vector<uint32_t> offsets;  // where each record begins

    uint64_t last() const { return first + offsets.size() - 1; }
    size_t unused = 0;  // at its end, since the next one was begun
    size_t held() const {
      return bytes.size() + unused + offsets.size() * sizeof(offsets[0]);
    }
    size_t End(size_t nth) const {
      return nth + 1 < offsets.size() ? offsets[nth + 1] : bytes.size();
    }
  };

  // The chunk that takes the next record of up to `bytes`.
  Chunk& Room(size_t bytes);
  size_t Appended(Chunk& chunk, size_t offset);

  uint64_t last_;
  size_t bytes_ = 0;
  std::deque<std::shared_ptr<Chunk>> chunks_;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_LOG_RING_H_
