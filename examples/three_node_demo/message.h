// Message: what the supervisor and a node's process tell each other, one line
// each: a verb and its fields, separated by tabs, any byte allowed in a field.
//
//   supervisor ── Command ──▶ stdin   node's process
//   supervisor ◀── Report ── stdout   node's process
#ifndef VIGIL_EXAMPLES_THREE_NODE_DEMO_MESSAGE_H_
#define VIGIL_EXAMPLES_THREE_NODE_DEMO_MESSAGE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>

#include "absl/status/statusor.h"

namespace vigil::demo {

// ---- Commands ---------------------------------------------------------------

// Write the records of the input file, if this node is the master: Loaded or
// LoadFailed follows.
struct Load {
  static constexpr std::string_view kVerb = "load";
  static constexpr auto Fields() { return std::tuple<>(); }
};

// Read, and whenever this node is the master also write, until Halt.
struct Run {
  static constexpr std::string_view kVerb = "run";
  static constexpr auto Fields() { return std::tuple<>(); }
};

// Stop that. Halted follows when the last write has returned.
struct Halt {
  static constexpr std::string_view kVerb = "halt";
  static constexpr auto Fields() { return std::tuple<>(); }
};

// Write all keys and values to a file (data_set.h). Dumped or Failed follows.
struct Dump {
  static constexpr std::string_view kVerb = "dump";
  std::string path;
  static constexpr auto Fields() { return std::tuple(&Dump::path); }
};

// Close the node and exit. The end of stdin means the same.
struct Quit {
  static constexpr std::string_view kVerb = "quit";
  static constexpr auto Fields() { return std::tuple<>(); }
};

using Command = std::variant<Load, Run, Halt, Dump, Quit>;

// ---- Reports ----------------------------------------------------------------

// The node is open: it can be read and reached.
struct Opened {
  static constexpr std::string_view kVerb = "opened";
  static constexpr auto Fields() { return std::tuple<>(); }
};

// The process cannot do what it was told and ends.
struct Failed {
  static constexpr std::string_view kVerb = "failed";
  std::string why;
  static constexpr auto Fields() { return std::tuple(&Failed::why); }
};

struct RoleChanged {
  static constexpr std::string_view kVerb = "role";
  bool master = false;
  uint64_t epoch = 0;
  std::string master_name;  // empty: none known
  std::string reason;
  static constexpr auto Fields() {
    return std::tuple(&RoleChanged::master, &RoleChanged::epoch,
                      &RoleChanged::master_name, &RoleChanged::reason);
  }
};

// Sent several times a second. Counts are since the start of the process.
struct StatusReport {
  static constexpr std::string_view kVerb = "status";
  bool master = false;
  uint64_t epoch = 0;
  std::string master_name;
  uint64_t last_index = 0;
  uint64_t lag = 0;
  bool linked = false;
  bool syncing = false;
  uint64_t keys = 0;
  uint64_t dropped_writes = 0;
  std::string health;  // empty: well
  uint64_t reads = 0;
  uint64_t writes = 0;         // acknowledged
  uint64_t get_ns_median = 0;  // of reads that found their key; 0: none yet
  static constexpr auto Fields() {
    using S = StatusReport;
    return std::tuple(&S::master, &S::epoch, &S::master_name, &S::last_index,
                      &S::lag, &S::linked, &S::syncing, &S::keys,
                      &S::dropped_writes, &S::health, &S::reads, &S::writes,
                      &S::get_ns_median);
  }
};

struct SentinelEvent {
  static constexpr std::string_view kVerb = "event";
  std::string name;
  std::string text;
  static constexpr auto Fields() {
    return std::tuple(&SentinelEvent::name, &SentinelEvent::text);
  }
};

// A write begins. Sent before it is given to the node, so that a process that
// is killed in the middle leaves no value that nobody can explain.
struct WriteTried {
  static constexpr std::string_view kVerb = "tried";
  std::string key;
  std::string value;
  static constexpr auto Fields() {
    return std::tuple(&WriteTried::key, &WriteTried::value);
  }
};

// It was acknowledged by Ack::kQuorum. `mono_ns` is CLOCK_MONOTONIC, which all
// processes of a machine share.
struct WriteAcknowledged {
  static constexpr std::string_view kVerb = "acked";
  int64_t mono_ns = 0;
  std::string key;
  static constexpr auto Fields() {
    return std::tuple(&WriteAcknowledged::mono_ns, &WriteAcknowledged::key);
  }
};

// It was refused: nothing was applied.
struct WriteRefused {
  static constexpr std::string_view kVerb = "refused";
  std::string key;
  static constexpr auto Fields() { return std::tuple(&WriteRefused::key); }
};

// Nobody knows.
struct WriteUnknown {
  static constexpr std::string_view kVerb = "unknown";
  std::string key;
  static constexpr auto Fields() { return std::tuple(&WriteUnknown::key); }
};

struct Loaded {
  static constexpr std::string_view kVerb = "loaded";
  uint64_t records = 0;
  static constexpr auto Fields() { return std::tuple(&Loaded::records); }
};

struct LoadFailed {
  static constexpr std::string_view kVerb = "loadfailed";
  bool retry = false;  // another master may do better
  std::string why;
  static constexpr auto Fields() {
    return std::tuple(&LoadFailed::retry, &LoadFailed::why);
  }
};

struct Halted {
  static constexpr std::string_view kVerb = "halted";
  static constexpr auto Fields() { return std::tuple<>(); }
};

struct Dumped {
  static constexpr std::string_view kVerb = "dumped";
  uint64_t keys = 0;
  static constexpr auto Fields() { return std::tuple(&Dumped::keys); }
};

using Report =
    std::variant<Opened, Failed, RoleChanged, StatusReport, SentinelEvent,
                 WriteTried, WriteAcknowledged, WriteRefused, WriteUnknown,
                 Loaded, LoadFailed, Halted, Dumped>;

// ---- Lines ------------------------------------------------------------------

// One line with its newline.
std::string Encode(const Command& command);
std::string Encode(const Report& report);

// One line without its newline. kInvalidArgument shows the line.
absl::StatusOr<Command> DecodeCommand(std::string_view line);
absl::StatusOr<Report> DecodeReport(std::string_view line);

}  // namespace vigil::demo

#endif  // VIGIL_EXAMPLES_THREE_NODE_DEMO_MESSAGE_H_
