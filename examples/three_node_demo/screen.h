// Screen: one line a node, and below it what happens.
//
// On a terminal the picture is redrawn in place; elsewhere lines are appended,
// the nodes' once a second and when a node changes, so that a log tells the
// same story.
#ifndef VIGIL_EXAMPLES_THREE_NODE_DEMO_SCREEN_H_
#define VIGIL_EXAMPLES_THREE_NODE_DEMO_SCREEN_H_

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace vigil::demo {

struct NodeRow {
  std::string name;
  std::string role;
  uint64_t epoch = 0;
  uint64_t index = 0;
  uint64_t lag = 0;
  std::string state;
  uint64_t reads_per_second = 0;
  uint64_t writes_per_second = 0;
};

// A heading and one line for each row, in columns.
std::vector<std::string> RenderTable(const std::vector<NodeRow>& rows);

class Screen {
 public:
  // Writes to stdout; redraws if that is a terminal and `plain` is false.
  explicit Screen(bool plain);

  // What the demo does at the moment.
  void Headline(const std::string& text);

  // Something happened; shown with the time since the start.
  void Event(const std::string& text);

  // Shows the nodes, as often as makes sense: call it often.
  void Nodes(const std::vector<NodeRow>& rows);

  // Draws the nodes for the last time: what comes now is their ordinary end.
  void Finish(const std::vector<NodeRow>& rows);

 private:
  void Print(const std::string& line);
  void Redraw(const std::vector<NodeRow>& rows);
  std::string Stamped(const std::string& text) const;

  const bool redraws_;
  const int64_t start_ns_;
  std::string headline_;
  std::deque<std::string> events_;  // the latest
  size_t lines_drawn_ = 0;  // of the picture that stands on the terminal
  int64_t drawn_ns_ = 0;
  bool finished_ = false;
  std::string drawn_states_;  // what makes an appended picture worth a new one
};

}  // namespace vigil::demo

#endif  // VIGIL_EXAMPLES_THREE_NODE_DEMO_SCREEN_H_
