// What travels on the stream between a replica and its master. Plain values.
//
//   replica                              master
//     Hello ───────────────────────────▶   decides (handshake.h)
//     ◀─────────────────────────── Welcome | Refused
//     ◀──────────── Entries* EntriesEnd    full sync only
//     ◀──────────────────────── Records*   empty ones are the heartbeat
//     Ack* ────────────────────────────▶   and the other heartbeat
#ifndef VIGIL_REPLICATION_MESSAGE_H_
#define VIGIL_REPLICATION_MESSAGE_H_

#include <cstdint>
#include <string>
#include <variant>

#include "replication/configuration.h"
#include "replication/position.h"

namespace vigil::replication {

// Of the stream and of the records in it. A node refuses another number.
inline constexpr uint32_t kProtocol = 1;

struct Hello {
  uint32_t protocol = kProtocol;
  std::string group;
  std::string name;
  NodeId id;
  Lineage lineage;
  Epoch epoch;  // of the master that the replica wants to follow
  Position position;
  History history;
  uint64_t nonce = 0;  // random, one per start of the replica's process
  bool formed = false;
};

struct Ack {
  Epoch epoch;
  uint64_t held = 0;
  uint64_t durable = 0;
  bool formed = false;  // false: a sign of life, not an acknowledgement
};

struct Welcome {
  Epoch epoch;
  Lineage lineage;
  History history;
  Configuration configuration;
  bool full = false;
  uint64_t from = 0;    // index before the first record that will come
  uint64_t target = 0;  // the master's last index when it had read the Hello
  uint64_t nonce = 0;   // the Hello's
};

struct Refused {
  Epoch promise;  // the refusing member's
  std::string why;
};

struct Entries {
  std::string records;
};

struct EntriesEnd {
  uint64_t last = 0;
};

struct Records {
  Epoch epoch;
  uint64_t first = 0;
  uint64_t last = 0;
  std::string records;
  uint64_t commit = 0;
  uint64_t end = 0;  // the master's last index
};

using Message =
    std::variant<Hello, Ack, Welcome, Refused, Entries, EntriesEnd, Records>;

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_MESSAGE_H_
