// Records and batches: nothing but a record decodes, and what decodes is encoded to
// what decodes to the same.
#include "engine/record.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/sealed.h"

namespace vigil::fuzz {
namespace {

using engine::RecordType;
using engine::RecordView;

bool Same(const RecordView& a, const RecordView& b) {
  return a.type == b.type && a.index == b.index &&
         a.expires_at == b.expires_at && a.key == b.key && a.value == b.value &&
         a.database == b.database && a.cause == b.cause;
}

// The effects of a batch, encoded once more.
void TryEffects(const RecordView& record) {
  if (record.type != RecordType::kBatch) return;
  std::vector<RecordView> effects;
  std::string encoded;
  engine::ForEachEffect(record, [&](const RecordView& effect) {
    Require(effect.index == record.index, "effects share the batch's index");
    effects.push_back(effect);
    engine::AppendEffect(effect, encoded);
  });
  RecordView again = record;
  again.value = encoded;
  size_t next = 0;
  engine::ForEachEffect(again, [&](const RecordView& effect) {
    Require(next < effects.size() && Same(effect, effects[next]),
            "an effect comes back as it was");
    ++next;
  });
  Require(next == effects.size(), "as many effects as before");
}

void TryRecords(std::string_view bytes) {
  const auto all = engine::DecodeRecords(bytes);
  std::string_view rest = bytes;
  size_t taken = 0;
  for (;;) {
    const std::string_view before = rest;
    const auto record = engine::DecodeRecord(rest);
    if (!record.ok()) {
      Require(rest == before, "an error takes nothing");
      break;
    }
    ++taken;
    TryEffects(*record);
    std::string encoded;
    const size_t size = engine::EncodeRecord(*record, encoded);
    Require(size == encoded.size(), "EncodeRecord says what it added");
    Require(size <= engine::EncodedSizeMax(record->key.size(),
                                           record->value.size()),
            "EncodedSizeMax is enough");
    std::string_view view = encoded;
    const auto again = engine::DecodeRecord(view);
    Require(again.ok() && view.empty() && Same(*again, *record),
            "a record comes back as it was");
  }
  Require(all.ok() == rest.empty(), "DecodeRecords takes all or nothing");
  if (all.ok()) Require(all->size() == taken, "as many records either way");
}

}  // namespace

void TryOne(std::string_view bytes) {
  TryRecords(bytes);
  TryRecords(Sealed(bytes));
}

std::vector<std::string> Seeds() {
  const RecordView set{RecordType::kSet, 7, {1000}, "key", "value", 3};
  const RecordView gone{.type = RecordType::kDelete,
                        .index = uint64_t{1} << 60,
                        .key = "key",
                        .cause = engine::Cause::kEvicted};
  std::string effects;
  engine::AppendEffect(set, effects);
  engine::AppendEffect(gone, effects);
  std::vector<std::string> seeds;
  std::string all;
  for (const RecordView& record :
       {set, gone, RecordView{RecordType::kBatch, 8, {}, {}, effects},
        RecordView{RecordType::kEpoch, 9, {}, {}, "marker"}}) {
    std::string bytes;
    engine::EncodeRecord(record, bytes);
    all += bytes;
    seeds.push_back(bytes.substr(8));  // TryOne seals it
    seeds.push_back(std::move(bytes));
  }
  seeds.push_back(all);
  return seeds;
}

}  // namespace vigil::fuzz
