// Member: one node of the group as the supervisor sees it: where it lives, its
// process if it has one, and the latest of what that process reported.
#ifndef VIGIL_EXAMPLES_THREE_NODE_DEMO_MEMBER_H_
#define VIGIL_EXAMPLES_THREE_NODE_DEMO_MEMBER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "examples/three_node_demo/child.h"
#include "examples/three_node_demo/line_buffer.h"
#include "examples/three_node_demo/message.h"
#include "examples/three_node_demo/screen.h"

namespace vigil::demo {

struct Member {
  // ---- fixed ----
  std::string name;
  std::string address;
  std::string dir;
  std::string data_dir() const { return dir + "/data"; }
  std::string log_path() const { return dir + "/log"; }
  std::string dump_path() const { return dir + "/dump"; }

  // ---- the process ----
  std::unique_ptr<Child> child;  // null: down
  LineBuffer lines;              // of its stdout
  int incarnation = -1;          // processes before this one
  bool paused = false;
  enum class End { kNone, kKill, kQuit };
  End end_asked = End::kNone;  // what we did to end it

  // ---- what it reported ----
  struct Reported {
    bool opened = false;
    StatusReport status;
    std::optional<Loaded> loaded;
    std::optional<LoadFailed> load_failed;
    std::optional<uint64_t>
        caught_up_epoch;  // last seen in step with its master
    bool halted = false;
    int statuses_since_halt = 0;
    bool dumped = false;
    uint64_t reads_per_second = 0;
    uint64_t writes_per_second = 0;
  };
  Reported seen;

  // Forgets what the process before this one reported.
  void BeginIncarnation(std::unique_ptr<Child> started);

  // Takes in what concerns this node alone; other reports change nothing.
  void Apply(const Report& report, int64_t now_ns);

  bool answers() const { return child != nullptr && !paused && seen.opened; }

  bool ending() const { return child != nullptr && end_asked != End::kNone; }

  NodeRow Row() const;

 private:
  void On(const Opened&, int64_t) { seen.opened = true; }
  void On(const RoleChanged& role, int64_t now_ns);
  void On(const StatusReport& status, int64_t now_ns);
  void On(const Loaded& loaded, int64_t) { seen.loaded = loaded; }
  void On(const LoadFailed& failed, int64_t) { seen.load_failed = failed; }
  void On(const Halted&, int64_t);
  void On(const Dumped&, int64_t) { seen.dumped = true; }
  template <typename Other>
  void On(const Other&, int64_t) {}

  std::string State() const;

  // Where the counting of the present second began.
  int64_t rate_since_ns_ = 0;
  uint64_t reads_then_ = 0;
  uint64_t writes_then_ = 0;
};

}  // namespace vigil::demo

#endif  // VIGIL_EXAMPLES_THREE_NODE_DEMO_MEMBER_H_
