#include "tests/benchmarks/member_writer.h"

#include <chrono>

#include "absl/strings/str_cat.h"
#include "tests/benchmarks/stopwatch.h"
#include "tests/benchmarks/workload.h"

namespace vigil::bench::member {

void MemberWriter::Start(int pause_us) {
  thread_ = std::thread([this, pause_us] { Run(pause_us); });
}

void MemberWriter::Run(int pause_us) {
  const Values values;
  for (uint64_t i = 0; !stopped_; ++i) {
    std::string key = absl::StrCat("written ", i);
    const bool accepted =
        node_.Set(key, values[i], {.timeout = absl::ZeroDuration()}).ok();
    if (accepted) {
      accepted_.push_back({std::move(key), MonoNs()});
    } else {
      ++refused_;
    }
    std::this_thread::sleep_for(std::chrono::microseconds(pause_us));
  }
}

void MemberWriter::Stop() {
  stopped_ = true;
  if (thread_.joinable()) thread_.join();
}

void MemberWriter::OnDropped(const DroppedWrites& dropped) {
  std::lock_guard lock(mu_);
  for (const DroppedWrite& write : dropped.writes)
    handed_back_.insert(write.key);
}

Written MemberWriter::Account(int64_t after_ns) {
  Stop();
  Written written{.accepted = accepted_.size(), .refused = refused_};
  std::lock_guard lock(mu_);
  for (const Accepted& write : accepted_) {
    if (write.at_ns > after_ns) {
      ++written.accepted_after;
    } else {
      written.last_before_ns = write.at_ns;
    }
    if (handed_back_.count(write.key) > 0) {
      ++written.handed_back;
    } else if (!node_.Get(write.key).ok()) {
      ++written.missing;
    }
  }
  return written;
}

}  // namespace vigil::bench::member
