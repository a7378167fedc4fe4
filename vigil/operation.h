// What an application says to a node, and hears from it, about single keys. Plain
// values.
#ifndef VIGIL_OPERATION_H_
#define VIGIL_OPERATION_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"

namespace vigil {

// When a write returns, and so what its success means: `{.ack = Ack::kQuorum}`,
// `{.ack = Ack::Replicas(2)}`.
struct Ack {
  // Held: handed to the operating system, so that a process that is killed loses
  // nothing; without a data_dir, in memory.
  enum Level {
    kMemory,  // applied on the master. A crash of the master may lose it.
    kDisk,  // synced to the master's disk. Its crash or a power cut does not lose
            // it; a failover to a replica that had not received it does.
    kReplicas,  // held by so many replicas, as after Redis' WAIT: it is still there
    // when as many machines are lost. A failover may choose another one.
    kQuorum,  // held by a majority of the members in the present epoch. No
              // failover loses it, as long as a majority keeps its data.
    kQuorumDurable,  // synced by a majority of them. That, and a power cut of all
                     // machines at once.
  };

  // kReplicas by itself means one replica.
  constexpr Ack(Level of = kMemory)  // NOLINT: a level is an Ack.
      : level(of), replicas(of == kReplicas ? 1 : 0) {}
  // Range: 1 to the number of the other members.
  static constexpr Ack Replicas(int count) {
    Ack ack(kReplicas);
    ack.replicas = count;
    return ack;
  }

  Level level;
  int replicas;  // of kReplicas
  friend bool operator==(const Ack&, const Ack&) = default;
};

// Where a write stands in the log.
struct Receipt {
  uint64_t epoch = 0;  // number of the epoch that wrote it
  uint64_t index = 0;
  // What it is known to have reached: what was asked for, or after a time-out what there
  // was of it.
  Ack reached = Ack::kMemory;
  friend bool operator==(const Receipt&, const Receipt&) = default;
};

// Databases are numbered from 0 to Options::databases - 1, as in Redis. Another
// number is kInvalidArgument, or reads as an empty database.
struct ReadOptions {
  int database = 0;
};

struct WriteOptions {
  Ack ack = Ack::kMemory;
  // How long the call may wait, for room (in the log, under the bounds of what is not
  // replicated) and for its Ack. Without its Ack by then its outcome is unknown. Zero or
  // less: it does not wait.
  absl::Duration timeout = absl::Seconds(5);
  int database = 0;
};

// Under which condition a key is changed.
enum class When { kAlways, kIfAbsent, kIfPresent };

struct SetOptions {
  // The key disappears this long after the master accepted the write. Zero, or
  // infinite: never. Negative: kInvalidArgument. Unit in the log: milliseconds,
  // rounded up.
  absl::Duration ttl = absl::ZeroDuration();
  // Or at this time of the master's clock; a time in the past is accepted, and
  // nobody sees the value. Of ttl, expires_at and keep_ttl at most one.
  absl::Time expires_at = absl::InfiniteFuture();
  // Or when the value that is there now would have; never if there is none.
  bool keep_ttl = false;
  When when = When::kAlways;
  // Only if the present value has this version, as Get returned it; 0: only if
  // there is none. (Compare and set.) Both this and `when` must hold.
  std::optional<uint64_t> if_version;
  bool return_previous = false;  // also if the condition does not hold
  Ack ack = Ack::kMemory;
  absl::Duration timeout = absl::Seconds(5);
  int database = 0;
};

struct Value {
  std::string data;
  uint64_t version = 0;  // index of the write that made it
  absl::Time expires_at = absl::InfiniteFuture();
};

// Redis' types. Only strings can be stored yet.
enum class ValueType { kString, kList, kSet, kSortedSet, kHash };

// What is known of a key without reading its value.
struct KeyInfo {
  ValueType type = ValueType::kString;
  uint64_t version = 0;
  absl::Time expires_at = absl::InfiniteFuture();
  size_t size = 0;          // of the value, in bytes
  size_t memory_bytes = 0;  // of everything that the key takes on this node
};

struct SetResult {
  bool applied = true;            // false: the condition did not hold
  std::optional<Value> previous;  // if return_previous, and there was one
  Receipt receipt;                // if not applied: the log's end
};

struct DeleteResult {
  bool existed = false;
  Receipt receipt;  // if nothing was there: the log's end
};

struct DeleteManyResult {
  uint64_t deleted = 0;  // how many of the keys existed
  Receipt receipt;
};

struct IncrementResult {
  int64_t value = 0;  // after it
  Receipt receipt;
};

struct IncrementFloatResult {
  double value = 0;  // after it
  Receipt receipt;
};

struct SizeResult {
  uint64_t size = 0;  // of the value, after the write
  Receipt receipt;
};

// Of what may have nothing to do: Expire, Persist, Rename.
struct ChangeResult {
  bool applied = false;
  Receipt receipt;  // if not applied: the log's end
};

// Which expiry may take the place of the present one. No expiry counts as later
// than any.
enum class ExpireIf { kAlways, kNever, kAlready, kGreater, kLess };

struct ExpireOptions {
  ExpireIf when = ExpireIf::kAlways;
  Ack ack = Ack::kMemory;
  absl::Duration timeout = absl::Seconds(5);
  int database = 0;
};

struct RenameOptions {
  bool only_if_absent = false;  // do nothing if there is a key of the new name
  Ack ack = Ack::kMemory;
  absl::Duration timeout = absl::Seconds(5);
  int database = 0;
};

struct ScanOptions {
  uint64_t cursor = 0;  // 0: from the beginning
  std::string prefix;   // keys must begin with it
  // And match it, unless it is empty: Redis' patterns, with * ? [a-z] and \.
  std::string pattern;
  std::optional<ValueType> type;  // only keys whose value is of this type
  // About so many keys are looked at in one call, at least one group of them, with those
  // that do not match and those of other databases.
  size_t count = 10;
  int database = 0;
};

struct ScanPage {
  std::vector<std::string> keys;
  uint64_t cursor = 0;  // for the next call; 0: the scan is complete
};

}  // namespace vigil

#endif  // VIGIL_OPERATION_H_
