// What the supervisor and a node's process say to each other, one line each, over the
// pipes of its stdin and stdout: no fault of the network stands between them.
//
//   supervisor ── Command ──▶ stdin   chaos_node
//   supervisor ◀── Report ── stdout   chaos_node
//
// A report that was sent is in the pipe: it outlives a SIGKILL of its process.
#ifndef VIGIL_TESTS_CLUSTER_CHAOS_MESSAGE_H_
#define VIGIL_TESTS_CLUSTER_CHAOS_MESSAGE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>

#include "absl/status/statusor.h"

namespace vigil::chaos {

// ---- Commands ---------------------------------------------------------------

// Write, on any node, master or not, until Halt.
struct Run {
  static constexpr std::string_view kVerb = "run";
  static constexpr auto Fields() { return std::tuple<>(); }
};

// Stop that, and a flood. Halted follows when the last write has returned.
struct Halt {
  static constexpr std::string_view kVerb = "halt";
  static constexpr auto Fields() { return std::tuple<>(); }
};

// Write so many large values, as quickly as the quorum takes them.
struct Flood {
  static constexpr std::string_view kVerb = "flood";
  uint64_t writes = 0;
  static constexpr auto Fields() { return std::tuple(&Flood::writes); }
};

// Write all keys and values to a file (examples/.../data_set.h). Dumped follows.
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

using Command = std::variant<Run, Halt, Flood, Dump, Quit>;

// ---- Reports ----------------------------------------------------------------

// The data of this directory are in memory, and the log ends here. Before anything else
// can have happened to it.
struct Loaded {
  static constexpr std::string_view kVerb = "loaded";
  uint64_t log_end = 0;
  static constexpr auto Fields() { return std::tuple(&Loaded::log_end); }
};

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

// Many times a second, and at once when the role changes.
struct Seen {
  static constexpr std::string_view kVerb = "seen";
  bool master = false;
  uint64_t epoch = 0;
  std::string master_name;  // empty: none known
  uint64_t last_index = 0;
  uint64_t persisted_index = 0;
  uint64_t commit_index = 0;
  bool linked = false;
  bool syncing = false;
  uint64_t full_syncs = 0;  // since the start of the process, as the next one
  uint64_t rewinds = 0;
  std::string health;   // empty: well
  std::string trouble;  // refusal or obstacle, in words
  static constexpr auto Fields() {
    using S = Seen;
    return std::tuple(&S::master, &S::epoch, &S::master_name, &S::last_index,
                      &S::persisted_index, &S::commit_index, &S::linked,
                      &S::syncing, &S::full_syncs, &S::rewinds, &S::health,
                      &S::trouble);
  }
};

// A write begins: number `number` of its key, whose value both sides know (values.h).
// Sent before it is given to the node, so that a process that is killed in the middle
// leaves no value that nobody can explain.
struct Tried {
  static constexpr std::string_view kVerb = "tried";
  std::string key;
  uint64_t number = 0;
  int promise = 0;  // a Promise (write.h)
  static constexpr auto Fields() {
    return std::tuple(&Tried::key, &Tried::number, &Tried::promise);
  }
};

// How it ended. Without this nobody knows.
struct Answered {
  static constexpr std::string_view kVerb = "answered";
  std::string key;
  uint64_t number = 0;
  int promise = 0;     // as it was tried
  int outcome = 0;     // an Outcome (write.h)
  uint64_t epoch = 0;  // of the receipt, if there is one
  uint64_t index = 0;
  static constexpr auto Fields() {
    using S = Answered;
    return std::tuple(&S::key, &S::number, &S::promise, &S::outcome, &S::epoch,
                      &S::index);
  }
};

// Linearizable reads that this node's writers made of their own keys since the last
// such report, all of them right.
struct Read {
  static constexpr std::string_view kVerb = "read";
  uint64_t reads = 0;
  static constexpr auto Fields() { return std::tuple(&Read::reads); }
};

// One that was not.
struct Stale {
  static constexpr std::string_view kVerb = "stale";
  std::string what;
  static constexpr auto Fields() { return std::tuple(&Stale::what); }
};

// The node handed back this write (Options::on_dropped_writes).
struct Told {
  static constexpr std::string_view kVerb = "told";
  std::string key;
  std::string value;
  uint64_t epoch = 0;
  uint64_t index = 0;
  static constexpr auto Fields() {
    return std::tuple(&Told::key, &Told::value, &Told::epoch, &Told::index);
  }
};

// So many records were dropped that the log could not tell any more.
struct Untold {
  static constexpr std::string_view kVerb = "untold";
  uint64_t records = 0;
  static constexpr auto Fields() { return std::tuple(&Untold::records); }
};

struct Flooded {
  static constexpr std::string_view kVerb = "flooded";
  static constexpr auto Fields() { return std::tuple<>(); }
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

using Report = std::variant<Loaded, Opened, Failed, Seen, Tried, Answered, Read,
                            Stale, Told, Untold, Flooded, Halted, Dumped>;

// ---- Lines ------------------------------------------------------------------

// One line with its newline.
std::string Encode(const Command& command);
std::string Encode(const Report& report);

// One line without its newline. kInvalidArgument shows the line.
absl::StatusOr<Command> DecodeCommand(std::string_view line);
absl::StatusOr<Report> DecodeReport(std::string_view line);

}  // namespace vigil::chaos

#endif  // VIGIL_TESTS_CLUSTER_CHAOS_MESSAGE_H_
