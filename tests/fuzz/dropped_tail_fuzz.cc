// A file of dropped writes: a head that decodes is encoded to what decodes to the same,
// and reading on after it ends, whatever comes.
#include "engine/record.h"
#include "replication/dropped_reader.h"
#include "replication/dropped_tail.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/sealed.h"

namespace vigil::fuzz {
namespace {

using replication::DroppedTail;

void Try(std::string_view bytes) {
  std::string_view rest = bytes;
  const auto tail = replication::TakeDroppedTail(rest);
  if (!tail.ok()) {
    Require(rest == bytes, "an error takes nothing");
    return;
  }
  const std::string head = replication::EncodeDroppedTail(*tail);
  std::string_view view = head;
  const auto again = replication::TakeDroppedTail(view);
  Require(again.ok() && view.empty() && *again == *tail,
          "a head comes back as it was");

  replication::DroppedReader reader(
      {.path = {}, .bytes = std::make_shared<const std::string>(bytes)});
  Require(reader.ReadHead().ok(), "the reader finds the head");
  uint64_t records = 0;
  for (;;) {
    const auto next = reader.Next();
    if (!next.ok() || !next->has_value()) break;
    ++records;
    tail->Holds(tail->history.PositionAt((*next)->record.index));
  }
  Require(records <= tail->records, "no more records than announced");
}

// The text of a head behind what seals a record: type, flags, index, key size.
std::string Head(std::string_view text, uint64_t first) {
  std::string head;
  engine::EncodeRecord({.type = engine::RecordType::kConfiguration,
                        .index = first == 0 ? 1 : first,
                        .value = text},
                       head);
  return head;
}

}  // namespace

void TryOne(std::string_view bytes) {
  Try(bytes);
  Try(Sealed(bytes));
  Try(Head(bytes, bytes.empty() ? 1 : static_cast<uint8_t>(bytes.back())));
}

std::vector<std::string> Seeds() {
  const DroppedTail tail{
      .first = 15,
      .last = 17,
      .records = 2,
      .unread = 1,
      .durable = 16,
      .databases = std::string("\0\2\1", 3),
      .history = History({{{1, {0xa1}}, 1}, {{2, {0xa1}}, 15}})};
  std::string file = replication::EncodeDroppedTail(tail);
  const std::string head = file;
  for (uint64_t index = 16; index <= 17; ++index)
    engine::EncodeRecord({.index = index, .key = "k", .value = "v"}, file);
  // The last one is the text alone.
  return {file, head.substr(8), head.substr(head.find("vigil-dropped"))};
}

}  // namespace vigil::fuzz
