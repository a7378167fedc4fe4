#include "examples/three_node_demo/interactive.h"

#include "absl/strings/str_cat.h"

namespace vigil::demo {
namespace {

// Long enough for any play; Await wants a deadline.
constexpr absl::Duration kPlayTimeout = absl::Hours(24 * 30);

}  // namespace

Interactive::Interactive(Cluster& cluster, Console& console, Screen& screen)
    : cluster_(cluster), console_(console), screen_(screen) {}

absl::Status Interactive::Play() {
  screen_.Headline(
      absl::StrCat("keys: 1-", cluster_.size(),
                   " choose a node, then k kill, p pause, c continue, "
                   "r restart; q quit"));
  cluster_.Watch(console_.fd(), [this] {
    const std::string keys = console_.Read();
    if (keys.empty()) over_ = true;  // the terminal is gone
    for (const char key : keys) Press(key);
  });
  const absl::Status status =
      cluster_.Await("key q", kPlayTimeout, [this] { return over_; });
  cluster_.Unwatch(console_.fd());
  return status;
}

void Interactive::Say(const std::string& text) {
  screen_.Event(absl::StrCat("you  ", text));
}

void Interactive::Press(char key) {
  if (key >= '1' && key < '1' + cluster_.size()) {
    chosen_ = key - '1';
    Say("node " + cluster_.member(chosen_).name);
  } else if (key == 'q') {
    over_ = true;
  } else {
    Act(key);
  }
}

void Interactive::Act(char letter) {
  const Member& member = cluster_.member(chosen_);
  const bool runs = member.child != nullptr && !member.ending();
  const bool is_master = cluster_.master() == chosen_;
  if (letter == 'k' && runs) {
    Say("kill " + member.name);
    if (is_master) cluster_.MarkFault({chosen_});
    cluster_.Kill(chosen_);
  } else if (letter == 'p' && runs && !member.paused) {
    Say("pause " + member.name);
    if (is_master) cluster_.MarkFault({chosen_});
    cluster_.Pause(chosen_);
  } else if (letter == 'c' && member.paused) {
    Say("continue " + member.name);
    cluster_.Resume(chosen_);
  } else if (letter == 'r' && member.child == nullptr) {
    Say("restart " + member.name);
    if (absl::Status s = cluster_.Start(chosen_); !s.ok()) Say(s.ToString());
  } else {
    Say(absl::StrCat("not now: ", std::string(1, letter), " for ",
                     member.name));
  }
}

}  // namespace vigil::demo
