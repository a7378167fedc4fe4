// Packed cells: what goes in comes out, before and after it is replaced in place.
//
// Any content, and never any cell: cells are made in memory from records and leave it as
// records, so what a disk or another node says is in the targets record and rocksdb_rows.
#include "engine/cell.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/input.h"

namespace vigil::fuzz {
namespace {

using engine::Cell;

void RequireHolds(const Cell& cell, const Cell::Content& content) {
  Require(cell.key() == content.key, "the key");
  Require(cell.value() == content.value, "the value");
  Require(cell.version() == content.version, "the version");
  Require(cell.database() == content.database, "the database");
  Require(cell.expires_at() == content.expires_at, "the expiry");
  Require(cell.expires() == (content.expires_at != WallTime{}), "it expires");
  Require(cell.bytes() == Cell::BytesFor(content), "its size");
}

// Sizes around those where the form changes, without bytes for all of them.
std::string Stretched(std::string_view text, uint16_t by) {
  return std::string(by % 4 == 0 ? 65'530u + by % 16 : by % 300u, 'x') +
         std::string(text);
}

Cell::Content Next(Input& input) {
  return {.database = input.Take<uint8_t>(),
          .version = input.Take<uint64_t>() & Cell::kVersionMax,
          .expires_at = {
              input.Take<uint8_t>() % 2 == 0 ? 0 : input.Take<int64_t>()}};
}

}  // namespace

void TryOne(std::string_view bytes) {
  Input input(bytes);
  Cell::Content content = Next(input);
  const std::string key =
      Stretched(input.String(), input.Take<uint16_t>() % 260 | 1);
  const std::string value = Stretched(input.String(), input.Take<uint16_t>());
  content.key = key;
  content.value = value;
  std::vector<char> memory(Cell::BytesFor(content));
  Cell* const cell = Cell::Make(memory.data(), content);
  RequireHolds(*cell, content);
  Require(!cell->dirty() && !cell->stored(), "new and clean");

  const uint32_t access = input.Take<uint32_t>() & 0xffffff;
  cell->set_access(access);
  cell->set_dirty(true);
  cell->set_stored(access % 2 != 0);
  RequireHolds(*cell, content);

  Cell::Content other = Next(input);
  other.database = content.database;
  other.key = key;
  std::string other_value = value;
  for (char& c : other_value) c = static_cast<char>(c + 1);
  if (input.Take<uint8_t>() % 8 == 0) other_value += "longer";
  other.value = other_value;
  Require(!cell->Fits(other) || other.value.size() == value.size() ||
              other.expires_at != content.expires_at,
          "another size does not fit");
  if (!cell->Fits(other)) return;
  cell->Replace(other);
  RequireHolds(*cell, other);
  Require(cell->access() == access && cell->dirty() &&
              cell->stored() == (access % 2 != 0),
          "what is known of the key stays");
}

std::vector<std::string> Seeds() {
  const std::string fields("\x03\x01\x02\x03\x04\x05\x06\x07\x08\x01", 10);
  return {fields, fields + std::string(40, 'k'), std::string(80, '\1'),
          std::string(300, '\0')};
}

}  // namespace vigil::fuzz
