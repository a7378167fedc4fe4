// What travels on the stream between a replica and its master. Plain values.
//
//   replica                              master
//     Hello ───────────────────────────▶   decides (handshake.h)
//     ◀─────────────────────────── Welcome | Refused
//     ◀──────────── Entries* EntriesEnd    full sync only
//     RewindKeys ──────────────────────▶   rewind only: piece by piece, the next one
//     ◀──────────── Entries* EntriesEnd    when the last one is answered
//     ◀──────────────────────── Records*   empty ones are the heartbeat
//     Ack* ────────────────────────────▶   and the other heartbeat
#ifndef VIGIL_REPLICATION_MESSAGE_H_
#define VIGIL_REPLICATION_MESSAGE_H_

#include <cstdint>
#include <string>
#include <variant>

#include "replication/configuration_log.h"
#include "replication/position.h"
#include "replication/shared_options.h"

namespace vigil::replication {

// Of the stream and of the records in it. A node refuses another number.
inline constexpr uint32_t kProtocol = 1;

struct Hello {
  uint32_t protocol = kProtocol;
  std::string group;
  std::string name;
  std::string address;  // where others reach it
  NodeId id;
  Lineage lineage;
  Epoch epoch;  // of the master that the replica wants to follow
  Position position;
  History history;
  uint64_t nonce = 0;  // random, one per start of the replica's process
  bool formed = false;
  bool no_rewind = false;  // it cannot: a full sync instead
  SharedOptions options;   // the replica's
};

struct Ack {
  Epoch epoch;
  uint64_t held = 0;
  uint64_t durable = 0;
  bool formed = false;  // false: a sign of life, not an acknowledgement
  // The latest round that it has read on this stream, its promise being `epoch`.
  uint64_t round = 0;
  // Its reads up to this number wait to be told how far they must see the log.
  uint64_t read = 0;
};

struct Welcome {
  Epoch epoch;
  Lineage lineage;
  History history;
  ConfigurationLog configurations;
  bool full = false;
  bool rewind =
      false;          // the replica's records above `from` are not the group's
  uint64_t from = 0;  // index before the first record that will come
  uint64_t target = 0;  // the master's last index when it had read the Hello
  uint64_t nonce = 0;   // the Hello's
  uint64_t keys = 0;  // full sync: about how many entries will come; 0: unknown
};

struct Refused {
  Epoch promise;  // the refusing member's
  std::string why;
};

struct Entries {
  std::string records;
};

// The master's last index when the walk, or the look-up of a piece of keys, ended.
struct EntriesEnd {
  uint64_t last = 0;
};

// Keys whose present entries the replica needs, each as an encoded kDelete.
struct RewindKeys {
  std::string records;
  bool more = false;  // another piece follows when this one is answered
};

struct Records {
  Epoch epoch;
  uint64_t first = 0;
  uint64_t last = 0;
  std::string records;
  uint64_t commit = 0;
  uint64_t end = 0;    // the master's last index
  uint64_t sync = 0;   // somebody waits for this index on the replica's disk
  uint64_t round = 0;  // to be echoed (read_rounds.h)
  // The replica's reads up to the number `read` must see the log up to `read_index`.
  uint64_t read = 0;
  uint64_t read_index = 0;
};

using Message = std::variant<Hello, Ack, RewindKeys, Welcome, Refused, Entries,
                             EntriesEnd, Records>;

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_MESSAGE_H_
