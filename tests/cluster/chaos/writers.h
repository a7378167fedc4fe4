// Writers: the application inside a node's process. Its threads write on every node, so
// that on a replica each write is forwarded, and report what they try and what came of it.
//
//   m:<node>:<incarnation>:<n>      kMemory (each eighth kDisk), a new key each time
//   n:<node>:<incarnation>:<slot>:<generation>   kMemory, overwritten
//   q:... h:...                     the same two with kQuorum
//   c:<node>:<incarnation>          Increment by one, kQuorum
//   flood:<node>:<incarnation>:<slot>:<generation>   large values, kQuorum
//
// A key of which a write has an unknown outcome is not written again: a late copy of that
// write may still come after the next one. What was acknowledged by a quorum is read back
// now and then, linearizable: with one writer, one value is right.
//
// Lifetime: Stop, or the destructor, waits for the writes in flight.
#ifndef VIGIL_TESTS_CLUSTER_CHAOS_WRITERS_H_
#define VIGIL_TESTS_CLUSTER_CHAOS_WRITERS_H_

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "tests/cluster/chaos/message.h"
#include "tests/cluster/chaos/node_options.h"
#include "tests/cluster/chaos/write.h"
#include "vigil/vigil.h"

namespace vigil::demo {
class Outbox;
}  // namespace vigil::demo

namespace vigil::chaos {

class Writers {
 public:
  // `node` and `outbox` must outlive them.
  Writers(Node& node, demo::Outbox& outbox, const NodeOptions& options);
  ~Writers();

  void Start();
  void Stop();
  void StartFlood(uint64_t writes);

 private:
  // A key that is written again and again, and its next number.
  struct HotKey {
    uint64_t generation = 0;
    uint64_t number = 0;
  };
  // Of one thread, outliving a Stop: no key and number is used twice.
  struct Hand {
    uint64_t fresh = 0;
    std::vector<HotKey> hot;
  };
  struct Plan {
    const char* fresh;  // prefix of keys that are new each time; empty: none
    const char* hot;    // prefix of the others
    Promise promise;
  };

  void Write(const std::stop_token& stop, const Plan& plan, Hand& hand);
  void Count(const std::stop_token& stop);
  void WriteFlood(const std::stop_token& stop, uint64_t writes);
  // The next write to a key that is written again.
  Outcome WriteHot(const char* prefix, Promise promise, size_t slot,
                   Hand& hand);
  Outcome Set(const std::string& key, uint64_t number, Promise promise);
  void ReadBack(const std::string& key, uint64_t number);
  void Send(const Report& report);
  // False: it is time to stop.
  bool Pause(const std::stop_token& stop, absl::Duration time);
  std::string Own(const char* prefix) const;  // "m:a:3"

  Node& node_;
  demo::Outbox& outbox_;
  const NodeOptions options_;
  Hand memory_;
  Hand quorum_;
  Hand flood_;
  uint64_t counted_ = 0;  // of the counter: numbers given
  std::mutex mu_;
  std::condition_variable_any stopped_;
  std::vector<std::jthread> threads_;
};

}  // namespace vigil::chaos

#endif  // VIGIL_TESTS_CLUSTER_CHAOS_WRITERS_H_
