#include "replication/dropped_files.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "engine/databases.h"
#include "engine/record.h"
#include "replication/durable_file.h"

namespace vigil::replication {
namespace {

namespace fs = std::filesystem;

// Of the log, at a time.
constexpr size_t kReadBytes = 1 << 20;
constexpr char kPending[] = ".pending";

// The number in "7.pending"; 0: it is no such name.
uint64_t NumberOf(const std::string& name) {
  const size_t end = name.rfind(kPending);
  if (end == std::string::npos || end == 0) return 0;
  const bool digits = std::all_of(name.begin(), name.begin() + end,
                                  [](char c) { return c >= '0' && c <= '9'; });
  return digits && end < 19 ? std::stoull(name) : 0;
}

// The oldest index from `first` on that the log still holds; it holds `last`, if any.
uint64_t FirstReadable(const engine::Engine& engine, uint64_t first,
                       uint64_t last) {
  uint64_t low = first;
  uint64_t high = last + 1;
  while (low < high) {
    const uint64_t middle = low + (high - low) / 2;
    if (engine.ReadLog(middle, 1).ok()) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

}  // namespace

struct DroppedFiles::Survey {
  DroppedTail lost;        // without what came back, or is in an item before
  uint64_t came_back = 0;  // the last index that did
  uint64_t writes = 0;
  uint64_t bytes = 0;
  bool nothing() const { return writes == 0 && lost.unread == 0; }
};

DroppedFiles::DroppedFiles(engine::Engine& engine, DroppedOptions options,
                           Logger logger)
    : engine_(engine),
      options_(std::move(options)),
      logger_(std::move(logger)) {}

std::string DroppedFiles::PathOf(const std::string& name) const {
  return absl::StrCat(options_.dir, "/", name);
}

DroppedSource DroppedFiles::SourceOf(const Item& item) const {
  if (item.bytes != nullptr) return {.path = {}, .bytes = item.bytes};
  return {.path = PathOf(item.name), .bytes = nullptr};
}

std::string DroppedFiles::Names(const Item* added) const {
  std::string names;
  for (const Item& item : items_) absl::StrAppend(&names, item.name, "\n");
  if (added != nullptr) absl::StrAppend(&names, added->name, "\n");
  return names;
}

absl::Status DroppedFiles::SaveNames() {
  return on_disk() ? engine_.WriteMeta(kDroppedMeta, Names(nullptr))
                   : absl::OkStatus();
}

void DroppedFiles::Warn(const absl::Status& s) const {
  if (s.ok()) return;
  Log(logger_, LogLevel::kWarning,
      absl::StrCat("dropped writes: ", std::string(s.message())));
}

// --- At the start

void DroppedFiles::Recover() {
  if (!on_disk()) return;
  const std::string names = engine_.ReadMeta(kDroppedMeta);
  for (const absl::string_view name :
       absl::StrSplit(names, '\n', absl::SkipEmpty())) {
    Item item{.name = std::string(name)};
    const auto tail = DroppedReader(SourceOf(item)).ReadHead();
    if (!tail.ok()) {
      Warn(tail.status());
      continue;
    }
    item.tail = *tail;
    item.settled = NumberOf(item.name) == 0;
    items_.push_back(std::move(item));
  }
  std::error_code ignored;
  for (const auto& file : fs::directory_iterator(options_.dir, ignored)) {
    const std::string name = file.path().filename().string();
    const uint64_t number = NumberOf(name);
    pending_made_ = std::max(pending_made_, number);
    const bool listed =
        std::any_of(items_.begin(), items_.end(),
                    [&](const Item& item) { return item.name == name; });
    // Of a switch that never was.
    if (number != 0 && !listed) fs::remove(file.path(), ignored);
  }
  for (size_t i = 0; i < items_.size(); ++i) {
    if (!items_[i].settled) continue;
    if (const auto survey = Look(i, {}); survey.ok())
      Report(items_[i], *survey);
  }
}

// --- Around a switch

absl::Status DroppedFiles::Keep(uint64_t after, const History& history) {
  Abandon();
  const uint64_t last = engine_.last_index();
  const uint64_t from = FirstReadable(engine_, after + 1, last);
  Item item{
      .tail = {.first = after + 1,
               .last = last,
               .records = last + 1 - from,
               .unread = from - after - 1,
               .durable = engine_.memory_only() ? 0 : engine_.durable_index(),
               .databases = engine_.database_map(),
               .history = history}};
  std::optional<DurableFile> file;
  std::string bytes;
  if (on_disk()) {
    item.name = absl::StrCat(++pending_made_, kPending);
    file.emplace(PathOf(item.name));
  }
  const auto write = [&](std::string_view part) {
    file ? file->Append(part) : void(bytes.append(part));
  };
  write(EncodeDroppedTail(item.tail));
  for (uint64_t next = from; next <= last;) {
    const auto slice = engine_.ReadLog(next, kReadBytes);
    if (!slice.ok()) return slice.status();
    write(slice->records);
    next = slice->last + 1;
  }
  if (file) {
    if (absl::Status s = file->Finish(); !s.ok()) return s;
  } else {
    item.bytes = std::make_shared<const std::string>(std::move(bytes));
  }
  kept_ = std::move(item);
  return absl::OkStatus();
}

engine::MetaMap DroppedFiles::MetaOfSwitch() const {
  if (!kept_.has_value() || !on_disk()) return {};
  return {{kDroppedMeta, Names(&*kept_)}};
}

void DroppedFiles::Switched() {
  if (!kept_.has_value()) return;
  items_.push_back(*std::exchange(kept_, std::nullopt));
}

void DroppedFiles::Abandon() {
  if (!kept_.has_value()) return;
  std::error_code ignored;
  if (on_disk()) fs::remove(PathOf(kept_->name), ignored);
  kept_.reset();
}

// --- When it is certain

absl::StatusOr<DroppedFiles::Survey> DroppedFiles::Look(
    size_t nth, const History& history) {
  const Item& item = items_[nth];
  Survey survey{.lost = item.tail};
  DroppedTail& lost = survey.lost;
  survey.came_back =
      CommonIndex(item.tail.history, item.tail.last, history, UINT64_MAX);
  lost.first = std::max(item.tail.first, survey.came_back + 1);
  const uint64_t from = item.tail.first + item.tail.unread;
  lost.unread = from > lost.first ? from - lost.first : 0;
  lost.records = 0;
  lost.last = lost.first + lost.unread - 1;
  absl::Status read = ForEachLost(nth, survey, [&](const auto& each) {
    ++lost.records;
    lost.last = each.record.index;
    ForEachEffect(each.record, [&](const engine::RecordView& effect) {
      if (!IsWrite(effect)) return;
      ++survey.writes;
      survey.bytes += effect.key.size() + effect.value.size();
    });
  });
  if (!read.ok()) return read;
  return survey;
}

// Calls visit(record) for each record of an item that neither came back nor is in an
// item before it: one that came back and was dropped again is in both.
absl::Status DroppedFiles::ForEachLost(
    size_t nth, const Survey& survey,
    absl::FunctionRef<void(const engine::EncodedRecord&)> visit) {
  DroppedReader reader(SourceOf(items_[nth]));
  if (const auto head = reader.ReadHead(); !head.ok()) return head.status();
  for (;;) {
    const auto next = reader.Next();
    if (!next.ok()) return next.status();
    if (!next->has_value()) return absl::OkStatus();
    const uint64_t index = (*next)->record.index;
    if (index <= survey.came_back) continue;
    const Position at = items_[nth].tail.history.PositionAt(index);
    const bool again = std::any_of(
        items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(nth),
        [&](const Item& before) { return before.tail.Holds(at); });
    if (!again) visit(**next);
  }
}

void DroppedFiles::Settle(const History& history) {
  for (size_t i = 0; i < items_.size(); ++i) {
    if (!items_[i].settled) Warn(SettleOne(i, history));
  }
  Tidy();
}

absl::Status DroppedFiles::SettleOne(size_t nth, const History& history) {
  const absl::StatusOr<Survey> survey = Look(nth, history);
  if (!survey.ok()) return survey.status();
  Item& item = items_[nth];
  if (survey->nothing()) {
    item.settled = true;
    *item.told = true;
    return absl::OkStatus();
  }
  std::string bytes = EncodeDroppedTail(survey->lost);
  if (!on_disk()) {
    absl::Status read = ForEachLost(
        nth, *survey, [&](const auto& each) { bytes.append(each.bytes); });
    if (!read.ok()) return read;
    item.bytes = std::make_shared<const std::string>(std::move(bytes));
  } else {
    const Epoch epoch = item.tail.history.EpochAt(survey->lost.last);
    const std::string name =
        absl::StrCat(ToString(epoch), "-", survey->lost.first, "-",
                     survey->lost.last, ".log");
    DurableFile file(PathOf(name));
    file.Append(bytes);
    absl::Status made = ForEachLost(
        nth, *survey, [&](const auto& each) { file.Append(each.bytes); });
    if (made.ok()) made = file.Finish();
    if (!made.ok()) return made;
    const std::string pending = std::exchange(item.name, name);
    item.settled = true;
    if (absl::Status s = SaveNames(); !s.ok()) return s;
    std::error_code ignored;
    fs::remove(PathOf(pending), ignored);
  }
  item.settled = true;
  Report(item, *survey);
  return absl::OkStatus();
}

void DroppedFiles::Report(const Item& item, const Survey& survey) {
  counters_.writes += survey.writes;
  counters_.bytes += survey.bytes;
  const DroppedSource source = SourceOf(item);
  counters_.last_file = source.path;
  Log(logger_, LogLevel::kWarning,
      absl::StrCat(survey.writes,
                   " writes of this node are not in its group and were dropped",
                   survey.lost.unread > 0
                       ? absl::StrCat(", and of ", survey.lost.unread,
                                      " records the log no longer knew them")
                       : "",
                   source.path.empty() ? "" : "; they are in ", source.path));
  const auto told = [flag = item.told] { *flag = true; };
  if (options_.listener) {
    options_.listener({.source = source, .told = told});
  } else {
    told();
  }
}

void DroppedFiles::Tidy() {
  const auto done = [](const Item& item) {
    return item.settled && item.told->load();
  };
  if (std::none_of(items_.begin(), items_.end(), done)) return;
  std::vector<Item> gone;
  for (const Item& item : items_) {
    if (done(item)) gone.push_back(item);
  }
  std::erase_if(items_, done);
  if (!SaveNames().ok()) return;  // the engine says so
  std::error_code ignored;
  for (const Item& item : gone) {
    // Nothing of it was lost after all.
    if (on_disk() && NumberOf(item.name) != 0)
      fs::remove(PathOf(item.name), ignored);
  }
}

}  // namespace vigil::replication
