// Interactive: a person is the fault. A digit chooses a node, a letter does
// something to it: k kill, p pause, c continue, r restart. q ends the play.
#ifndef VIGIL_EXAMPLES_THREE_NODE_DEMO_INTERACTIVE_H_
#define VIGIL_EXAMPLES_THREE_NODE_DEMO_INTERACTIVE_H_

#include <string>

#include "absl/status/status.h"
#include "examples/three_node_demo/cluster.h"
#include "examples/three_node_demo/console.h"
#include "examples/three_node_demo/screen.h"

namespace vigil::demo {

class Interactive {
 public:
  // All must outlive this object.
  Interactive(Cluster& cluster, Console& console, Screen& screen);

  // Returns when q was pressed.
  absl::Status Play();

 private:
  void Press(char key);
  void Act(char letter);
  void Say(const std::string& text);

  Cluster& cluster_;
  Console& console_;
  Screen& screen_;
  int chosen_ = 0;
  bool over_ = false;
};

}  // namespace vigil::demo

#endif  // VIGIL_EXAMPLES_THREE_NODE_DEMO_INTERACTIVE_H_
