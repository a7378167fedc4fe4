// Stored blobs of the log: what a collector cuts out of them is a run of whole
// records from the place asked for, and no more than asked for.
#include "engine/change_filter.h"
#include "engine/log_collector.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/sealed.h"

namespace vigil::fuzz {
namespace {

// | from u8 | bytes_max u16 | (size u8, body)* |, where the first byte of a body says
// whether it is sealed, and whether a new blob begins behind it.
struct Blobs {
  uint64_t from;
  size_t bytes_max;
  std::vector<std::string> blobs{1};
};

Blobs Parse(std::string_view bytes) {
  Input input(bytes);
  Blobs parsed{input.Take<uint8_t>(), input.Take<uint16_t>()};
  while (!input.empty()) {
    std::string_view body = input.String();
    const bool raw = !body.empty() && (body[0] & 1) != 0;
    const bool next = !body.empty() && (body[0] & 2) != 0;
    if (!body.empty()) body.remove_prefix(1);
    parsed.blobs.back() += raw ? std::string(body) : Sealed(body);
    if (next) parsed.blobs.emplace_back();
  }
  return parsed;
}

}  // namespace

void TryOne(std::string_view bytes) {
  const Blobs input = Parse(bytes);
  engine::LogCollector collector(input.from, input.bytes_max);
  for (const std::string& blob : input.blobs) {
    if (collector.full()) break;
    if (!collector.Add(blob).ok()) return;
  }
  const bool empty = collector.empty();
  const auto slice = collector.Finish();
  Require(slice.ok() != empty, "a slice unless there is none");
  if (!slice.ok()) return;
  Require(slice->first == input.from, "it begins where it was asked to");
  const auto run = engine::DecodeRun(slice->records, slice->first);
  Require(run.ok() && !run->empty(), "whole records, without a gap");
  Require(run->back().record.index == slice->last, "it ends where it says");
  Require(run->size() == 1 || slice->records.size() <= input.bytes_max,
          "at most bytes_max, or one record");
  engine::DatabaseNumbers numbers;
  const auto changes = engine::FilterChanges(*slice, slice->last, {}, numbers);
  Require(changes.ok(), "a run of records has changes");
  for (const engine::ChangeView& change : *changes)
    Require(slice->first <= change.index && change.index <= slice->last,
            "changes of these records");
}

std::vector<std::string> Seeds() {
  std::string bytes("\x05\x40\x00", 3);
  for (uint64_t index = 4; index < 10; ++index) {
    std::string effects;
    engine::AppendEffect({.key = "k", .value = "v", .database = 2}, effects);
    std::string record;
    const bool batch = index % 2 == 0;
    engine::EncodeRecord(
        {.type =
             batch ? engine::RecordType::kBatch : engine::RecordType::kDelete,
         .index = index,
         .key = batch ? "" : "key",
         .value = batch ? std::string_view(effects) : "",
         .database = static_cast<uint8_t>(index % 3 == 0 ? 255 : 0)},
        record);
    const std::string body = record.substr(8);
    bytes.push_back(static_cast<char>(body.size() + 1));
    bytes.push_back(index == 6 ? 2 : 0);
    bytes += body;
  }
  return {bytes};
}

}  // namespace vigil::fuzz
