// Subscribers: applications that watch changes, as vigil/change_stream.h tells them, on
// one node after the other, each from the position where it stopped. The place in the
// log (ChangeCursor) is the real one.
//
// Every other one wants changes before they are committed.
//
// Thread-compatible.
#ifndef VIGIL_TESTS_SIMULATION_SUBSCRIBERS_H_
#define VIGIL_TESTS_SIMULATION_SUBSCRIBERS_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "tests/simulation/process.h"
#include "tests/simulation/told_changes.h"
#include "tests/simulation/world.h"
#include "vigil/change_cursor.h"

namespace vigil::simulation {

class Subscribers {
 public:
  Subscribers(World& world, std::vector<std::unique_ptr<Process>>& processes)
      : world_(world), processes_(processes) {}

  void Start(int subscribers);
  // Of those who see committed changes only, and of the others.
  void CheckAtEnd(const Branch& branch);
  uint64_t told() const { return told_; }

 private:
  struct Subscriber {
    bool uncommitted = false;
    size_t machine = 0;
    uint64_t process = 0;  // of that machine; 0: it is not subscribed
    ChangeCursor cursor{Position{}};
    ToldChanges changes;
  };
  void Next(size_t nth);
  void Look(Subscriber& subscriber);
  bool Step(Subscriber& subscriber, Process& process);

  World& world_;
  std::vector<std::unique_ptr<Process>>& processes_;
  std::vector<Subscriber> subscribers_;
  uint64_t told_ = 0;
};

}  // namespace vigil::simulation

#endif  // VIGIL_TESTS_SIMULATION_SUBSCRIBERS_H_
