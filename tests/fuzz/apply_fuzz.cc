// A whole engine behind the decoder: whatever well-formed records another node sends,
// by the log or in a full sync, no memory is harmed, and the same log gives the same
// data set twice.
#include "engine/base/clock.h"
#include "engine/engine.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/input.h"

namespace vigil::fuzz {
namespace {

using engine::Engine;
using engine::RecordType;
using engine::RecordView;

// Keys that mean something, and others.
std::string_view KeyOf(Input& input) {
  static constexpr std::string_view kKeys[] = {
      "a", "b", "map", {"flush/\0", 7}, "flush/\x01", "flush/\xff", "flush/"};
  const uint8_t which = input.Take<uint8_t>();
  return which < std::size(kKeys) ? kKeys[which] : input.String();
}

RecordView Next(Input& input, uint64_t index) {
  const uint8_t kind = input.Take<uint8_t>();
  RecordView record{
      .type = kind % 4 == 0 ? RecordType::kDelete : RecordType::kSet,
      .index = index,
      .key = KeyOf(input),
      .database = static_cast<uint8_t>((kind & 64) != 0 ? 255 : kind >> 4 & 3)};
  if ((kind & 8) != 0) record.expires_at = {input.Take<int64_t>()};
  if (record.type == RecordType::kSet) record.value = input.String();
  return record;
}

// Records from `index` on; every other one a batch.
std::string Log(std::string_view bytes, uint64_t& index) {
  Input input(bytes);
  std::string log;
  while (!input.empty()) {
    RecordView record = Next(input, ++index);
    std::string effects;
    if (index % 2 == 0) {
      engine::AppendEffect(record, effects);
      engine::AppendEffect(Next(input, index), effects);
      record = {.type = RecordType::kBatch, .index = index, .value = effects};
    }
    engine::EncodeRecord(record, log);
  }
  return log;
}

std::unique_ptr<Engine> Open(const Clock& clock) {
  engine::EngineOptions options;
  options.shards = 2;
  options.checkpoint_period = absl::InfiniteDuration();
  options.housekeeping_period = absl::InfiniteDuration();
  auto engine = Engine::Open(options, nullptr, clock, nullptr);
  Require(engine.ok(), "it opens");
  return *std::move(engine);
}

std::string Walked(const Engine& engine) {
  std::vector<std::string> records;
  const auto walk = engine.Walk();
  for (std::string one = walk->Next(1); !one.empty(); one = walk->Next(1))
    records.push_back(std::move(one));
  std::sort(records.begin(), records.end());
  std::string all;
  for (const std::string& one : records) all += one;
  return all;
}

void ReadAll(Engine& engine) {
  for (int database = 0; database < 4; ++database) {
    engine.ForEach([](std::string_view, const engine::Entry&) {}, database);
    engine.RandomKey(database);
    engine.Get("a", database);
    engine.KeyCount(database);
  }
  engine.status();
  engine.DeleteExpired();
}

}  // namespace

void TryOne(std::string_view bytes) {
  const SystemClock clock;
  uint64_t last = 0;
  const std::string log = Log(bytes, last);
  const auto followed = Open(clock);
  Require(followed->Apply(log).ok(), "it applies what is well-formed");
  Require(followed->last_index() == last, "up to the end");
  ReadAll(*followed);

  const auto synced = Open(clock);
  Require(synced->BeginStaging(0).ok(), "staging begins");
  Require(synced->StageEntries(Walked(*followed)).ok(), "entries");
  Require(synced->StageLog(log).ok(), "the log");
  Require(synced->CommitStaging({}).ok(), "the commit");
  ReadAll(*synced);
  Require(Walked(*synced) == Walked(*followed),
          "a walk and the log are exact together");

  const auto raw = Open(clock);
  raw->Apply(bytes).IgnoreError();
  raw->BeginStaging(5).IgnoreError();
  raw->StageEntries(bytes).IgnoreError();
  raw->StageLog(bytes).IgnoreError();
  ReadAll(*raw);
}

std::vector<std::string> Seeds() {
  return {std::string("\1\0\3abc\2\1\3def\4\0", 14),
          std::string("\101\2\2\1\0\1\0\1x\2\1\1y", 14),
          std::string("\1\0\1x\102\3\1\1\0\1z\101\5\0", 15)};
}

}  // namespace vigil::fuzz
