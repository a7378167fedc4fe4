// A rewind between nodes that do not trust each other's bytes: it takes entries only of
// keys that it asked for, log only without a gap, and never more than its bound.
#include <set>

#include "engine/rewind.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/sealed.h"

namespace vigil::fuzz {
namespace {

using engine::RecordType;
using Key = std::pair<uint8_t, std::string>;

constexpr uint64_t kCommon = 6;
constexpr size_t kBytesMax = 600;

std::set<Key> KeysOf(const engine::Rewind& rewind) {
  std::set<Key> asked;
  for (const std::string& piece : rewind.Keys(50)) {
    const auto records = engine::DecodeRecords(piece);
    Require(records.ok(), "the keys are records");
    for (const auto& [record, bytes] : *records) {
      Require(record.type == RecordType::kDelete, "each a delete");
      Require(asked.emplace(record.database, record.key).second, "none twice");
    }
  }
  return asked;
}

void Finish(const engine::Rewind& rewind, const std::set<Key>& asked) {
  size_t bytes = 0;
  std::set<Key> visited;
  rewind.ForEachKey(
      [&](uint8_t database, std::string_view key, std::string_view entry) {
        Require(visited.emplace(database, key).second, "each once");
        bytes += entry.size();
        if (entry.empty()) return;
        const auto record = engine::DecodeRecord(entry);
        Require(record.ok() && entry.empty(), "an entry is one record");
        Require(record->type == RecordType::kSet && record->key == key &&
                    record->database == database,
                "of its key");
      });
  Require(visited == asked, "the keys that were asked for, and no other");
  uint64_t next = kCommon + 1;
  for (const engine::LogSlice& slice : rewind.log()) {
    bytes += slice.records.size();
    Require(slice.first == next, "without a gap");
    const auto run = engine::DecodeRun(slice.records, slice.first);
    Require(run.ok() && run->back().record.index == slice.last,
            "a run of records");
    next = slice.last + 1;
  }
  Require(next == rewind.last_index() + 1, "up to its end");
  Require(bytes <= kBytesMax, "not more than its bound");
}

}  // namespace

// | (what u8, size u8, body)* |: sealed or not, of the tail first, then entries, log.
void TryOne(std::string_view bytes) {
  Input input(bytes);
  engine::Rewind rewind(kCommon, kBytesMax);
  std::vector<std::pair<bool, std::string>> later;
  while (!input.empty()) {
    const uint8_t what = input.Take<uint8_t>();
    const std::string_view body = input.String();
    std::string piece = (what & 1) != 0 ? std::string(body) : Sealed(body);
    if ((what & 6) == 0) {
      if (!rewind.AddTail(piece).ok()) return;  // then there is no rewind
    } else {
      later.emplace_back((what & 2) != 0, std::move(piece));
    }
  }
  const std::set<Key> asked = KeysOf(rewind);
  for (const auto& [entry, piece] : later) {
    if (entry) {
      const auto added = rewind.AddEntries(piece);
      Require(!added.ok() || *added <= piece.size(), "as many as there are");
    } else {
      rewind.AddLog(piece).IgnoreError();
    }
  }
  Finish(rewind, asked);
}

std::vector<std::string> Seeds() {
  std::string bytes;
  const auto add = [&bytes](char what, const engine::RecordView& record) {
    std::string encoded;
    engine::EncodeRecord(record, encoded);
    const std::string body = encoded.substr(8);  // TryOne seals it
    bytes.push_back(what);
    bytes.push_back(static_cast<char>(body.size()));
    bytes += body;
  };
  add(0, {.index = 7, .key = "k", .value = "mine"});
  add(0, {.type = RecordType::kDelete, .index = 8, .key = "gone"});
  add(2, {.index = 3, .key = "gone", .value = "there"});
  add(4, {.index = 7, .key = "k", .value = "theirs"});
  add(4, {.type = RecordType::kEpoch, .index = 8, .value = "marker"});
  return {bytes};
}

}  // namespace vigil::fuzz
