#include "engine/work_board.h"

#include <utility>

namespace vigil::engine {
namespace {

constexpr int64_t kPeriodNs = 100'000'000;
// Looking at the clock costs as much as adding ten keys, or copying a small one.
constexpr uint64_t kLookEachKeys = 256;
constexpr uint64_t kLookEachBytes = 256 << 10;

bool Crosses(uint64_t before, uint64_t added, uint64_t each) {
  return before / each != (before + added) / each;
}

}  // namespace

WorkBoard::Item::Item(WorkBoard& board, std::string what, uint64_t total_keys,
                      uint64_t total_bytes)
    : board_(board),
      what_(std::move(what)),
      total_keys_(total_keys),
      total_bytes_(total_bytes),
      began_(board.clock_.Mono()),
      tell_at_ns_(began_.ns + kPeriodNs) {
  MutexLock lock(board_.mu_);
  board_.items_.insert(this);
}

WorkBoard::Item::~Item() {
  {
    MutexLock lock(board_.mu_);
    board_.items_.erase(this);
  }
  if (board_.listener_) board_.listener_(work());
}

void WorkBoard::Item::Add(uint64_t keys, uint64_t bytes) {
  const uint64_t bytes_before =
      bytes_.fetch_add(bytes, std::memory_order_relaxed);
  const uint64_t keys_before = keys_.fetch_add(keys, std::memory_order_relaxed);
  if (!board_.listener_ || (!Crosses(keys_before, keys, kLookEachKeys) &&
                            !Crosses(bytes_before, bytes, kLookEachBytes))) {
    return;
  }
  int64_t due = tell_at_ns_.load(std::memory_order_relaxed);
  const int64_t now = board_.clock_.Mono().ns;
  if (now < due || !tell_at_ns_.compare_exchange_strong(due, now + kPeriodNs))
    return;
  board_.listener_(work());
}

Work WorkBoard::Item::work() const {
  return {.what = what_,
          .keys = keys_,
          .bytes = bytes_,
          .total_keys = total_keys_,
          .total_bytes = total_bytes_,
          .elapsed = board_.clock_.Mono() - began_};
}

void ProgressItem::Tell(const Progress& progress) {
  if (!item_.has_value()) {
    item_.emplace(board_, std::string(progress.what),
                  progress.total_keys_estimate, progress.total_bytes_estimate);
  }
  item_->Add(progress.done_keys - told_.done_keys,
             progress.done_bytes - told_.done_bytes);
  told_ = progress;
}

std::vector<Work> WorkBoard::list() const {
  MutexLock lock(mu_);
  std::vector<Work> works;
  for (const Item* item : items_) works.push_back(item->work());
  return works;
}

}  // namespace vigil::engine
