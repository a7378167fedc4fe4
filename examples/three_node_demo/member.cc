#include "examples/three_node_demo/member.h"

#include <utility>
#include <variant>

namespace vigil::demo {

void Member::BeginIncarnation(std::unique_ptr<Child> started) {
  child = std::move(started);
  lines = LineBuffer();
  ++incarnation;
  paused = false;
  end_asked = End::kNone;
  // The figure of the reads is the last that this node had time to measure.
  const uint64_t get_ns_median = seen.status.get_ns_median;
  seen = Reported();
  seen.status.get_ns_median = get_ns_median;
  rate_since_ns_ = 0;
}

void Member::Apply(const Report& report, int64_t now_ns) {
  std::visit([&](const auto& r) { On(r, now_ns); }, report);
}

void Member::On(const RoleChanged& role, int64_t) {
  seen.status.master = role.master;
  seen.status.epoch = role.epoch;
  seen.status.master_name = role.master_name;
}

void Member::On(const StatusReport& status, int64_t now_ns) {
  const uint64_t known_median = seen.status.get_ns_median;
  seen.status = status;
  if (status.get_ns_median == 0) seen.status.get_ns_median = known_median;
  if (status.linked && !status.syncing && status.lag == 0) {
    seen.caught_up_epoch = status.epoch;
  }
  if (seen.halted) ++seen.statuses_since_halt;

  constexpr int64_t kSecond = 1'000'000'000;
  const int64_t elapsed = now_ns - rate_since_ns_;
  if (elapsed < kSecond) return;
  if (rate_since_ns_ != 0) {
    const auto rate = [&](uint64_t count, uint64_t then) {
      return (count - then) * kSecond / static_cast<uint64_t>(elapsed);
    };
    seen.reads_per_second = rate(status.reads, reads_then_);
    seen.writes_per_second = rate(status.writes, writes_then_);
  }
  rate_since_ns_ = now_ns;
  reads_then_ = status.reads;
  writes_then_ = status.writes;
}

void Member::On(const Halted&, int64_t) {
  seen.halted = true;
  seen.statuses_since_halt = 0;
}

std::string Member::State() const {
  if (child == nullptr) return "down";
  if (paused) return "paused";
  if (!seen.opened) return "starting";
  if (seen.status.master) return "accepts writes";
  if (seen.status.master_name.empty()) return "no master";
  if (seen.status.syncing) return "full sync";
  return seen.status.linked ? "follows " + seen.status.master_name
                            : "not linked";
}

NodeRow Member::Row() const {
  NodeRow row{.name = name, .role = "-", .state = State()};
  if (child == nullptr || !seen.opened) return row;
  row.role = seen.status.master ? "master" : "replica";
  row.epoch = seen.status.epoch;
  row.index = seen.status.last_index;
  row.lag = seen.status.lag;
  if (paused) return row;
  row.reads_per_second = seen.reads_per_second;
  row.writes_per_second = seen.writes_per_second;
  return row;
}

}  // namespace vigil::demo
