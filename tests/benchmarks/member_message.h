// What a measurement and a member in a process of its own say to each other, one line
// each, over the pipes of its stdin and stdout.
//
//   measurement ── Command ──▶ stdin   benchmark_member
//   measurement ◀── Report ── stdout   benchmark_member
#ifndef VIGIL_TESTS_BENCHMARKS_MEMBER_MESSAGE_H_
#define VIGIL_TESTS_BENCHMARKS_MEMBER_MESSAGE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>

namespace vigil::bench::member {

// ---- Commands ---------------------------------------------------------------

// Seen follows. Nothing is reported unasked: whoever measures does not read meanwhile,
// and a full pipe would stop the member.
struct Look {
  static constexpr std::string_view kVerb = "look";
  static constexpr auto Fields() { return std::tuple<>(); }
};

// Look again and again how old the value of `key` is, which its writer sets to its
// clock (MonoNs), until TellAge.
struct WatchAge {
  static constexpr std::string_view kVerb = "watch_age";
  std::string key;
  static constexpr auto Fields() { return std::tuple(&WatchAge::key); }
};

// Age follows.
struct TellAge {
  static constexpr std::string_view kVerb = "tell_age";
  static constexpr auto Fields() { return std::tuple<>(); }
};

// Write keys that were never written before, kMemory, one after the other, until
// TellWritten.
struct Write {
  static constexpr std::string_view kVerb = "write";
  int pause_us = 0;  // after each
  static constexpr auto Fields() { return std::tuple(&Write::pause_us); }
};

// Stop that, and say what became of them. Written follows.
struct TellWritten {
  static constexpr std::string_view kVerb = "tell_written";
  int64_t after_ns = 0;  // of MonoNs: accepted later is counted apart
  static constexpr auto Fields() { return std::tuple(&TellWritten::after_ns); }
};

// Set `count` values of `bytes` bytes, keys 0, 1, ... (workload.h), kMemory. Filled
// follows.
struct FillKeys {
  static constexpr std::string_view kVerb = "fill";
  uint64_t first = 0;
  uint64_t count = 0;
  uint64_t bytes = 0;
  static constexpr auto Fields() {
    return std::tuple(&FillKeys::first, &FillKeys::count, &FillKeys::bytes);
  }
};

using Command =
    std::variant<Look, WatchAge, TellAge, Write, TellWritten, FillKeys>;

// ---- Reports ----------------------------------------------------------------

struct Seen {
  static constexpr std::string_view kVerb = "seen";
  bool master = false;
  uint64_t epoch = 0;
  bool linked = false;
  bool syncing = false;
  uint64_t last_index = 0;
  uint64_t commit_index = 0;
  uint64_t persisted_index = 0;
  uint64_t checkpoint_index = 0;
  uint64_t full_syncs = 0;
  uint64_t rewinds = 0;
  uint64_t dropped_writes = 0;
  uint64_t keys = 0;
  // How long the last full sync or rewind took, from the master's answer to the Hello.
  int64_t synced_ns = 0;
  static constexpr auto Fields() {
    using S = Seen;
    return std::tuple(&S::master, &S::epoch, &S::linked, &S::syncing,
                      &S::last_index, &S::commit_index, &S::persisted_index,
                      &S::checkpoint_index, &S::full_syncs, &S::rewinds,
                      &S::dropped_writes, &S::keys, &S::synced_ns);
  }
  // It has all that its master has told it of.
  bool follows() const { return !master && linked && !syncing; }
};

struct Age {
  static constexpr std::string_view kVerb = "age";
  double p50_ns = 0;
  double p99_ns = 0;
  double max_ns = 0;
  uint64_t samples = 0;
  static constexpr auto Fields() {
    return std::tuple(&Age::p50_ns, &Age::p99_ns, &Age::max_ns, &Age::samples);
  }
};

struct Written {
  static constexpr std::string_view kVerb = "written";
  uint64_t accepted = 0;
  uint64_t refused = 0;
  int64_t last_before_ns =
      0;  // MonoNs of the last one accepted before `after_ns`
  uint64_t accepted_after = 0;  // and how many were accepted later
  // Of those accepted: neither here nor handed back (Options::on_dropped_writes); and
  // handed back.
  uint64_t missing = 0;
  uint64_t handed_back = 0;
  static constexpr auto Fields() {
    using W = Written;
    return std::tuple(&W::accepted, &W::refused, &W::last_before_ns,
                      &W::accepted_after, &W::missing, &W::handed_back);
  }
};

struct Filled {
  static constexpr std::string_view kVerb = "filled";
  static constexpr auto Fields() { return std::tuple<>(); }
};

using Report = std::variant<Seen, Age, Written, Filled>;

}  // namespace vigil::bench::member

#endif  // VIGIL_TESTS_BENCHMARKS_MEMBER_MESSAGE_H_
