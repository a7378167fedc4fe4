// Clients: applications that write to whatever node they hold for the master, and note
// what they were told.
//
// What they do: registers that are set, and set if they have not changed (compare and
// set), values that are appended to, counters, keys added once, transfers between
// accounts in one batch, keys that expire. They read through any node: linearizably, or
// what they have seen before (sessions).
//
// Thread-compatible.
#ifndef VIGIL_TESTS_SIMULATION_CLIENTS_H_
#define VIGIL_TESTS_SIMULATION_CLIENTS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/mutation.h"
#include "tests/simulation/operation.h"
#include "tests/simulation/process.h"
#include "tests/simulation/world.h"

namespace vigil::simulation {

class Clients {
 public:
  Clients(World& world, std::vector<std::unique_ptr<Process>>& processes)
      : world_(world), processes_(processes) {}

  void Start(int clients);
  void Stop() { stopped_ = true; }
  void Burst(int operations);
  // One more operation, on this node.
  void WriteTo(Process& process);

 private:
  void Next(int client);
  void Attempt(int client);
  void ReadAnywhere(int client);
  void ReadLinearizably(Process& process);
  void ReadOwnWrites(Process& process, int client);
  Ack AnyAck();
  void Transfer(Process& process);
  void Do(Process& process, Operation op,
          const std::vector<engine::Mutation>& mutations);
  // A key that clients write to.
  std::string AnyKey();

  World& world_;
  std::vector<std::unique_ptr<Process>>& processes_;
  bool stopped_ = false;
  size_t master_ = 0;  // the node that took a write last
  // What each client has seen last, by its own writes and reads.
  std::map<int, Position> sessions_;
  uint64_t written_ = 0;
};

}  // namespace vigil::simulation

#endif  // VIGIL_TESTS_SIMULATION_CLIENTS_H_
