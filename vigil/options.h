// Options: everything that a node is told. Plain values with working defaults;
// Validate() follows the order of this file, and its errors name the option,
// the value and the allowed range.
#ifndef VIGIL_OPTIONS_H_
#define VIGIL_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "vigil/dropped_writes.h"
#include "vigil/security.h"
#include "vigil/status.h"

namespace vigil {

// One voting member of the group.
struct MemberAddress {
  std::string name;  // as its own Options::node_id
  // Where the others reach it: "host:port", or "unix:/path" of a socket on this machine,
  // with a path of up to 107 bytes; who may connect is up to the permissions of its folder.
  std::string address;
};

// When a node makes its log durable without a write asking for it (Ack::kDisk).
enum class Fsync {
  kNever,        // the operating system decides; a power cut may take minutes
  kEverySecond,  // a power cut may take about a second, as Redis' appendfsync
  kAlways,       // every write waits for the disk, whatever its Ack
};

// Which key goes when memory is full (max_memory). Redis' policies by their names;
// the volatile ones take only keys that expire.
enum class Eviction {
  kNoEviction,  // none: writes that take memory get kResourceExhausted
  kAllkeysLru,  // read longest ago, of some that are looked at
  kAllkeysLfu,  // read least often
  kAllkeysRandom,
  kVolatileLru,
  kVolatileLfu,
  kVolatileRandom,
  kVolatileTtl,  // expires soonest
  kS3Fifo,  // the default: not read again soon after it came, or not for long: the best choice
            // for a cache; a scan over many keys does not push the others out
  kSieve,  // not read since the last look at it: as good on skewed reads, smaller
};

// What writes do when the disk has failed (full, gone, broken). Reads go on.
enum class OnStorageFailure {
  kRefuseWrites,  // kInternal, as Redis' stop-writes-on-bgsave-error
  kGoOnInMemory,  // OK for Ack::kMemory, as far as this node's memory goes; what is
  // written is lost with the process; kDisk is kInternal; NodeStatus::health says so
};

// What a write does while a max_unreplicated_ bound is reached.
enum class OnUnreplicated {
  kWait,  // waits, up to its time-out, for the group to catch up; an asynchronous one
          // is refused
  kRefuse,  // kResourceExhausted at once
};

// What the monitor in this process does when nodes fail. The names are Redis'.
struct SentinelOptions {
  // How many sentinels must see the master down before a failover may start. A
  // failover also needs the votes of a majority, so less than a majority only
  // makes suspicion quicker. In a group that has shrunk below it, all must. Range: 1 to
  // the number of members; with `join`, to 7. Default: a majority, of whatever members
  // there are.
  std::optional<int> quorum;

  // How long a node may be silent before this sentinel holds it for down.
  // Shorter fails over sooner and suspects a busy machine sooner. Range: 50 ms
  // to 1 h.
  absl::Duration down_after = absl::Seconds(1);

  // How long each step of a failover may take before it is aborted, and the
  // upper bound of the pause between attempts. Range: down_after to 1 h.
  absl::Duration failover_timeout = absl::Seconds(10);

  // Take a refused connection (the host answers, the process is gone) for a
  // sign of death at once, when it happens twice in a row, instead of after
  // down_after.
  bool fast_fail = true;
};

// What a node says about failures and failovers, with Redis' names.
struct Event {
  std::string name;  // "+sdown", "+switch-master", ...
  std::string text;  // "master a 127.0.0.1:7001 ..."
  absl::Time time;
  // How many events before this one were not told, because on_event was so slow that
  // 10,000 waited.
  uint64_t missed = 0;
};

enum class LogSeverity { kDebug, kNotice, kWarning };

struct Options {
  // The group's name. Nodes of different groups refuse each other. Not empty,
  // up to 64 of A-Z a-z 0-9 . - _
  std::string group;

  // This node's name, one of `members`. Same alphabet.
  std::string node_id;

  // "host:port" to listen on, for example "127.0.0.1:7001", or "unix:/path". Empty: this
  // node's address in `members`. A socket that a killed process left there is replaced.
  std::string listen;

  // The voting members of the group, this one included, the same list on all: 1
  // to 7. An odd number; an even one tolerates no more failures than one fewer.
  // They form the group at its first start; then the recorded list counts, which
  // Node::AddMember and the like change. With `join`: this node alone.
  std::vector<MemberAddress> members;

  // Addresses of nodes of a group that exists: this node joins it, follows its master and
  // serves reads, as a newcomer, until Node::AddMember or AddReadReplica on the master
  // names it. One that answers is enough; the others are found through it. From then on
  // the recorded members count, whatever stands here. A node without it that is alone in
  // `members` forms a group of one. Same form as an address of `members`; up to 16.
  std::vector<std::string> join;

  // Where this node keeps its data, its identity and its promises. One
  // directory a node; it is created if its parent exists. Empty: memory only. A
  // memory-only node that restarts has lost its identity: it is a newcomer, who counts
  // for nothing until Node::ReplaceMember gives it the place that it had.
  std::string data_dir;

  // Certificates and a shared secret. Without: whoever reaches the port is a member.
  SecurityOptions security;

  SentinelOptions sentinel;

  // Which node a failover prefers among those with equal data: the lowest.
  // Range: 1 to 1000.
  int priority = 100;

  // A master that has not heard from enough members for a commit quorum for
  // this long refuses Ack::kQuorum and kQuorumDurable writes at once (kUnavailable)
  // instead of letting them time out. Range: 20 ms to less than sentinel.down_after.
  // Default: half of that.
  std::optional<absl::Duration> isolation_timeout;

  // A master with fewer good replicas than this refuses every write (kUnavailable), so
  // that one that is cut off soon accepts nothing that would be lost. A replica is good
  // if its stream is up, it is past its sync, and it was heard of within
  // min_replicas_max_lag. More protects more, and stops writes when as many replicas
  // fail. A new master has min_replicas_max_lag to get them for the first time. Zero:
  // off. Read replicas do not count. Range: 0 to one less than the number of members;
  // with `join`, to 6.
  int min_replicas_to_write = 0;

  // Shorter loses less at a master that is cut off without a closed connection, and
  // stops writes sooner when a machine is busy. Range: 200 ms to 1 h. (Redis'
  // min-replicas-max-lag and its default.)
  absl::Duration min_replicas_max_lag = absl::Seconds(10);

  // How much this node may have accepted as a master that its group has not: writes of
  // its epoch above the commit position, which a failover at that moment would lose
  // (and hand back: on_dropped_writes). Beyond a bound, writes do as on_unreplicated
  // says. Exceeded by no more than one write for each that is under way at the same
  // time, and by deletes of expired and evicted keys, which count but do not wait. A
  // smaller bound loses less, and lets writers wait for the slowest member of the
  // quorum earlier. NodeStatus::unreplicated tells the present amounts. Zero: off.
  // Records; a batch is one, and so is the empty record by which a write that changed
  // nothing waits for the quorum. Range: any.
  uint64_t max_unreplicated_operations = 0;
  // Of them in the log: keys, values and some bytes each. Range: any.
  uint64_t max_unreplicated_bytes = 0;
  // Since the oldest of them was accepted, to within a heartbeat. Range: 0, or 10 ms to
  // 1 h.
  absl::Duration max_unreplicated_time = absl::ZeroDuration();

  // What writes do while one of these bounds is reached.
  OnUnreplicated on_unreplicated = OnUnreplicated::kWait;

  // Have the writes of this node done by the master while it is none itself, each once
  // over retries and failovers: a caller sees an error only when no master is found within
  // its time-out. It costs a round trip to the master, and the time until this node has
  // the write, too. Off: such a write fails at once, with the master's name and address.
  // Any node does the writes that others forward, whatever this says. Default: on.
  bool forward_writes = true;

  Fsync fsync = Fsync::kEverySecond;

  // What a node may use for its keys: the keys, values and what belongs to them, not
  // the log (log_memory_bytes) and not what the application holds. Exceeded by a few KiB
  // for each write that is under way at the same time, when a part of the table grows
  // for it. A full node evicts, unless `eviction` says otherwise. Zero: no limit; else
  // at least 1 MiB.
  size_t max_memory = 0;

  // What happens when it is full. Only the master evicts, by records of the log. Who
  // wants writes refused instead says kNoEviction. The same on all nodes. Default:
  // kS3Fifo if there is a max_memory; without one there is nothing to evict.
  std::optional<Eviction> eviction;

  OnStorageFailure on_storage_failure = OnStorageFailure::kRefuseWrites;

  // How many numbered databases there are. The same on all nodes: those that differ in
  // this or in the next two refuse each other. Range: 1 to 128.
  int databases = 16;

  // The longest key and value accepted. The same on all nodes: messages between them are
  // bounded by it. Range: 1 to 64 KiB; 1 to 64 MiB.
  size_t key_bytes_max = 64 << 10;
  size_t value_bytes_max = 16 << 20;

  // The part of the log that is kept in memory: writers wait when as much is
  // not yet written to disk; replicas that are further behind are served from
  // disk. Range: 1 MiB to 64 GiB, and at least twice value_bytes_max.
  size_t log_memory_bytes = 64 << 20;

  // The part of the log that is kept on disk, so that a replica that was away
  // gets what it missed instead of everything. Range: at least
  // log_memory_bytes.
  uint64_t log_disk_bytes = uint64_t{1} << 30;

  // How often changed keys are written to the state on disk. Shorter makes a
  // restart quicker and writes more. Range: 100 ms to 1 h.
  absl::Duration checkpoint_period = absl::Seconds(30);

  // Operations that take at least this long are kept in NodeStatus::slow_log: all
  // writes (without the wait for their Ack), and of short reads one in 128. Zero:
  // all that are timed; infinite: none. Not negative.
  absl::Duration slow_log_threshold = absl::Milliseconds(10);

  // How many are kept, the newest. Range: 0 to 100,000.
  size_t slow_log_length = 128;

  // How long the destructor of the node waits for the disk, half of it for a last sync.
  // What is left when it gives up is told in node.h. Shorter ends sooner on a disk that
  // hangs; a start after an end that was cut short is slower. Range: 100 ms to 1 h.
  absl::Duration close_timeout = absl::Seconds(20);

  // How many operations of Node::async() may be outstanding or not told yet; more are not
  // accepted. They cost memory, each about 0.5 KiB and what its callback holds. Range: 1 to
  // 10,000,000.
  size_t async_operations_max = 100'000;

  // Lines of what the node does, from any of its threads; thread-safe, and must
  // not call the node. Empty: silence.
  std::function<void(LogSeverity, std::string_view)> logger;

  // How far a long work is (load, full sync, backup), about ten times a second and at
  // its end. From the thread that works: it must not call the node, nor take long.
  std::function<void(const WorkStatus&)> on_progress;

  // Sentinel events as they happen, in order, on the node's callback thread.
  // May call the node; must not destroy it.
  std::function<void(const Event&)> on_event;

  // Writes of this node that the group does not have, found when it follows a new
  // master (dropped_writes.h); on the node's callback thread, and also after the next
  // start if the process ended before this returned. May call the node; must not
  // destroy it. Empty: the file, if there is a data_dir, is all that tells.
  std::function<void(const DroppedWrites&)> on_dropped_writes;

  // `eviction`, or else what stands for it.
  Eviction eviction_policy() const;

  // kInvalidArgument names the first option that is out of range.
  absl::Status Validate() const;
};

}  // namespace vigil

#endif  // VIGIL_OPTIONS_H_
