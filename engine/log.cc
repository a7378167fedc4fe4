#include "engine/log.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/no_room.h"

namespace vigil::engine {

Log::Log(LogRing ring, size_t memory_bytes, bool memory_only, bool go_on)
    : memory_bytes_(memory_bytes),
      memory_only_(memory_only),
      go_on_(go_on),
      ring_(std::move(ring)),
      last_(ring_.last_index()),
      persisted_(ring_.last_index()),
      durable_(ring_.last_index()) {}

absl::Status Log::Admit(MonoTime deadline) {
  std::optional<WaitMeter::Wait> wait;
  for (;;) {
    const uint64_t seen = persisted_signal_.Seen();
    if (!gate_open_) {
      return absl::FailedPreconditionError("this node is not the master");
    }
    if (ending_) return absl::CancelledError("the node is being destroyed");
    if (!accepts()) return health();
    if (HasRoom()) return absl::OkStatus();
    if (!wait.has_value() && SystemClock().Mono() < deadline)
      wait.emplace(delays_);
    if (!persisted_signal_.WaitPast(seen, deadline)) {
      ++refused_;
      return NoRoomError(
          absl::StrCat("the disk is behind: ", unpersisted_bytes_.load(),
                       " bytes of the log are not written yet"));
    }
  }
}

void Log::EndWaits() {
  ending_ = true;
  NotifyAll();
}

void Log::NotifyAll() {
  persisted_signal_.Notify();
  durable_signal_.Notify();
  sync_turns_.WakeAll();
}

uint64_t Log::AppendLocked(const RecordView& record) {
  const size_t bytes = ring_.Append(record);
  const uint64_t index = ring_.last_index();
  last_ = index;
  // After the index: who reads the bytes first never gets too many for the index.
  appended_bytes_ = appended_bytes_.load(std::memory_order_relaxed) + bytes;
  if (memory_only_) {
    persisted_ = index;
    durable_ = index;
  } else {
    unpersisted_bytes_ += bytes;
  }
  return index;
}

uint64_t Log::Append(const RecordView& record, uint64_t gate) {
  std::vector<LogRing::Keep> dropped;
  MutexLock lock(mu_);
  if (!gate_open_ || (gate != 0 && gate != gate_)) return 0;
  const uint64_t index = AppendLocked(record);
  if (memory_only_ || failed_) dropped = ring_.Trim(index, memory_bytes_);
  return index;
}

void Log::Announce() {
  appended_.Notify();
  unpersisted_.Notify();
  if (memory_only_ && wake_with_next_) persisted_signal_.Notify();
}

void Log::Hurry() {
  hurry_.Notify();
  if (memory_only_) persisted_signal_.Notify();
}

uint64_t Log::OpenGate(const std::vector<RecordView>& markers) {
  {
    MutexLock lock(mu_);
    for (const RecordView& marker : markers) AppendLocked(marker);
    gate_open_ = true;
    ++gate_;
  }
  Announce();
  return last_;
}

uint64_t Log::CloseGate() {
  uint64_t last = 0;
  {
    MutexLock lock(mu_);
    gate_open_ = false;
    last = last_;
  }
  NotifyAll();  // for those who wait in Admit, or for what will not come
  return last;
}

void Log::AppendPersisted(const std::vector<EncodedRecord>& records,
                          bool durable) {
  std::vector<LogRing::Keep> dropped;
  {
    MutexLock lock(mu_);
    for (const EncodedRecord& each : records) ring_.AppendEncoded(each.bytes);
    const uint64_t index = ring_.last_index();
    last_ = index;
    persisted_ = index;
    if (durable || memory_only_) durable_ = index;
    dropped = ring_.Trim(index, memory_bytes_);
  }
  appended_.Notify();
  if (durable || memory_only_) durable_signal_.Notify();
}

void Log::Replace(LogRing ring) {
  {
    MutexLock lock(mu_);
    std::swap(ring_, ring);
    const uint64_t index = ring_.last_index();
    ++data_set_;
    last_ = index;
    persisted_ = index;
    durable_ = index;
    unpersisted_bytes_ = 0;
  }
  appended_.Notify();
  NotifyAll();
}

LogRing Log::RingUpTo(uint64_t last) const {
  MutexLock lock(mu_);
  return ring_.UpTo(last);
}

LogSlice Log::Unpersisted(size_t bytes_max) const {
  LogRing::View view;
  {
    MutexLock lock(mu_);
    if (persisted_ == last_ || failed_) return {};
    view = ring_.Read(persisted_ + 1, bytes_max);
  }
  return view.Copy();
}

void Log::MarkPersisted(const LogSlice& slice) {
  std::vector<LogRing::Keep> dropped;
  {
    MutexLock lock(mu_);
    persisted_ = slice.last;
    unpersisted_bytes_ -= slice.records.size();
    dropped = ring_.Trim(slice.last, memory_bytes_);
  }
  persisted_signal_.Notify();
}

Log::Mark Log::persisted_mark() const {
  MutexLock lock(mu_);
  return {persisted_, data_set_};
}

bool Log::SetDurable(const Mark& mark) {
  MutexLock lock(mu_);
  if (mark.data_set != data_set_ || mark.index <= durable_) return false;
  durable_ = mark.index;
  return true;
}

void Log::MarkDurable(const Mark& mark) {
  if (SetDurable(mark)) NotifyAll();
}

Log::Mark Log::BeginSync() {
  const Mark mark = persisted_mark();
  sync_turns_.Begin(mark.index);
  return mark;
}

void Log::EndSync(const Mark& mark) {
  SetDurable(mark);
  sync_turns_.End();
  persisted_signal_.Notify();
  durable_signal_.Notify();
}

void Log::Fail(const absl::Status& cause) {
  {
    MutexLock lock(mu_);
    if (failed_) return;
    health_ = absl::InternalError(
        absl::StrCat("the storage failed: ", cause.ToString()));
    failed_ = true;
  }
  appended_.Notify();
  unpersisted_.Notify();
  NotifyAll();
}

bool Log::AwaitPersisted(uint64_t index) {
  return AwaitPersisted(index, Limit{}).ok();
}

absl::Status Log::AwaitPersisted(uint64_t index, const Limit& limit) {
  const std::stop_callback wake(limit.stop,
                                [this] { persisted_signal_.Notify(); });
  for (;;) {
    const uint64_t seen = persisted_signal_.Seen();
    // Under the lock: AppendPersisted moves last_, from which `index` may come, before
    // persisted_, and wakes nobody.
    if (persisted_mark().index >= index) return absl::OkStatus();
    if (failed_) return health();
    if (absl::Status s = limit.Check(); !s.ok()) return s;
    Hurry();
    persisted_signal_.WaitPast(seen, limit.deadline);
  }
}

uint64_t Log::first_index() const {
  MutexLock lock(mu_);
  return ring_.first_index();
}

size_t Log::bytes() const {
  MutexLock lock(mu_);
  return ring_.bytes();
}

absl::Status Log::health() const {
  MutexLock lock(mu_);
  return health_;
}

Log::Pressure Log::pressure() const {
  return {.unpersisted_bytes = unpersisted_bytes_,
          .delays = delays_.waits(),
          .refused = refused_};
}

LogSlice Log::Read(uint64_t from, size_t bytes_max) const {
  LogRing::View view;
  {
    MutexLock lock(mu_);
    if (from < ring_.first_index() || from > ring_.last_index()) return {};
    view = ring_.Read(from, bytes_max);
  }
  return view.Copy();
}

}  // namespace vigil::engine
