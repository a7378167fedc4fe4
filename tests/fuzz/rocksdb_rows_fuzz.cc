// Rows of the database: what decodes as a blob of the log, or as a row of the state,
// is encoded to the very same bytes.
#include "engine/rocksdb_rows.h"
#include "engine/rocksdb_schema.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/sealed.h"

namespace vigil::fuzz {
namespace {

namespace schema = engine::schema;

rocksdb::Slice ToSlice(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}

void TryBlob(std::string_view key, std::string_view value) {
  const auto blob = engine::DecodeBlob(ToSlice(key), ToSlice(value));
  if (!blob.ok()) return;
  Require(blob->first <= blob->last, "its records are in order");
  Require(schema::LogKey(blob->generation, blob->first) == key, "its key");
  Require(engine::EncodeBlobHead(*blob).append(blob->records) == value,
          "its value");
}

void TryState(std::string_view key, std::string_view value) {
  const auto record = engine::DecodeStateRow(ToSlice(key), ToSlice(value));
  if (!record.ok()) return;
  Require(record->type == engine::RecordType::kSet, "an entry");
  rocksdb::Slice rest = ToSlice(key);
  const auto generation = schema::TakeU64(rest);
  Require(generation.has_value() && !rest.empty(), "of a generation and slice");
  Require(schema::StateKey(*generation, static_cast<uint8_t>(rest[0]),
                           record->database, record->key) == key,
          "under its own key");
}

// | key size u8 | key | value |
std::string Row(std::string_view key, std::string_view value) {
  return std::string(1, static_cast<char>(key.size()))
      .append(key)
      .append(value);
}

}  // namespace

void TryOne(std::string_view bytes) {
  Input input(bytes);
  const std::string_view key = input.String();
  const std::string_view value = input.Rest();
  TryBlob(key, value);
  TryState(key, value);
  TryState(key, Sealed(value));
}

std::vector<std::string> Seeds() {
  std::string record;
  engine::EncodeRecord({.index = 7, .key = "k", .value = "v", .database = 2},
                       record);
  const std::string state = schema::StateKey(1, 5, 2, "k");
  return {Row(schema::LogKey(1, 7),
              engine::EncodeBlobHead({.last = 7, .offset = 0}) + record),
          Row(state, record), Row(state, record.substr(8))};  // TryOne seals it
}

}  // namespace vigil::fuzz
