#include "vigil/info.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"

namespace vigil {
namespace {

absl::string_view View(std::string_view text) {
  return {text.data(), text.size()};
}

std::string Quoted(const std::string& key) {
  return absl::StrCat("\"", absl::CHexEscape(key), "\"");
}

// As Redis' bytesToHuman: "512B", "1.50M".
std::string Human(uint64_t bytes) {
  if (bytes < 1024) return absl::StrCat(bytes, "B");
  double size = static_cast<double>(bytes) / 1024;
  const char* unit = "KMGTP";
  for (; size >= 1024 && unit[1] != '\0'; ++unit) size /= 1024;
  return absl::StrFormat("%.2f%c", size, *unit);
}

std::string Usec(absl::Duration d) {
  return absl::StrFormat("%.3f", absl::ToDoubleMicroseconds(d));
}

// The parts of "host:port"; the port is empty if there is none.
struct HostPort {
  std::string host;
  std::string port;
};
HostPort Split(const std::string& address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) return {address, ""};
  return {address.substr(0, colon), address.substr(colon + 1)};
}

// One section's lines.
class Lines {
 public:
  template <typename Value>
  void Add(std::string_view name, const Value& value) {
    absl::StrAppend(&text_, View(name), ":", value, "\n");
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

void Server(const NodeStatus& s, Lines& lines) {
  const int64_t uptime = absl::ToInt64Seconds(s.server.uptime);
  lines.Add("vigil_version", s.server.version);
  lines.Add("process_id", s.server.process_id);
  lines.Add("group", s.server.group);
  lines.Add("node_id", s.server.node_id);
  lines.Add("address", s.server.address);
  lines.Add("uptime_in_seconds", uptime);
  lines.Add("uptime_in_days", uptime / 86400);
}

void Memory(const NodeStatus& s, Lines& lines) {
  const MemoryStatus& m = s.memory;
  lines.Add("used_memory", m.used_bytes);
  lines.Add("used_memory_human", Human(m.used_bytes));
  lines.Add("used_memory_dataset", m.entries_bytes);
  lines.Add("used_memory_table", m.table_bytes);
  lines.Add("used_memory_overhead", m.table_bytes + m.overhead_bytes);
  lines.Add("log_memory", m.log_bytes);
  lines.Add("lazyfree_pending_objects", m.unfreed_values);
  lines.Add("lazyfree_pending_bytes", m.unfreed_bytes);
  lines.Add("lazyfreed_objects", m.freed_values);
  lines.Add("maxmemory", m.limit_bytes);
  lines.Add("maxmemory_human", Human(m.limit_bytes));
  lines.Add("maxmemory_policy", m.policy);
  if (m.fragmentation != 0) {
    lines.Add("allocator_frag_ratio", absl::StrFormat("%.2f", m.fragmentation));
  }
}

std::string InWords(const WorkStatus& work) {
  std::string line = absl::StrCat("what=", work.what, ",keys=", work.keys);
  if (work.total != 0) absl::StrAppend(&line, ",total=", work.total);
  absl::StrAppend(&line, ",bytes=", work.bytes);
  if (work.total_bytes != 0)
    absl::StrAppend(&line, ",total_bytes=", work.total_bytes);
  absl::StrAppendFormat(&line, ",keys_per_sec=%.0f,bytes_per_sec=%.0f",
                        work.keys_per_second, work.bytes_per_second);
  if (work.eta != absl::InfiniteDuration())
    absl::StrAppend(&line, ",eta_seconds=", absl::ToInt64Seconds(work.eta));
  return line;
}

void Persistence(const NodeStatus& s, Lines& lines) {
  bool loading = s.syncing;
  for (const WorkStatus& work : s.works)
    loading |= work.what == "load" || work.what == "replay";
  lines.Add("loading", loading ? 1 : 0);
  lines.Add("persistent", s.persistent ? 1 : 0);
  lines.Add("last_index", s.last_index);
  lines.Add("persisted_index", s.persisted_index);
  lines.Add("durable_index", s.durable_index);
  lines.Add("log_first_index_in_memory", s.log_first_index);
  lines.Add("state_disk_bytes", s.state_disk_bytes);
  lines.Add("log_disk_bytes", s.log_disk_bytes);
  if (s.persistent) {
    lines.Add("checkpoint_index", s.checkpoint_index);
    // The two are read one after the other.
    const uint64_t saved = std::min(s.checkpoint_index, s.last_index);
    lines.Add("rdb_changes_since_last_save", s.last_index - saved);
    lines.Add("aof_last_write_status", s.health.ok() ? "ok" : "err");
  }
  if (s.persistent)
    lines.Add("aof_buffer_length", s.back_pressure.backlog_bytes);
  for (size_t i = 0; i < s.works.size(); ++i)
    lines.Add(absl::StrFormat("work%d", i), InWords(s.works[i]));
}

void Stats(const NodeStatus& s, Lines& lines) {
  uint64_t calls = 0;
  for (const OperationStatus& operation : s.operations) {
    calls += operation.calls;
  }
  lines.Add("total_commands_processed", calls);
  lines.Add("keyspace_hits", s.hits);
  lines.Add("keyspace_misses", s.misses);
  lines.Add("expired_keys", s.expired_keys);
  lines.Add("evicted_keys", s.evicted_keys);
  lines.Add("waiting_writes", s.back_pressure.waiting_writes);
  lines.Add("delayed_writes", s.back_pressure.delayed_writes);
  lines.Add("delayed_writes_usec",
            absl::ToInt64Microseconds(s.back_pressure.delayed));
  lines.Add("full_syncs_taken", s.full_syncs);
  lines.Add("rewinds_taken", s.rewinds);
  lines.Add("dropped_writes", s.dropped_writes);
  lines.Add("dropped_bytes", s.dropped_bytes);
  if (!s.dropped_file.empty()) lines.Add("dropped_file", s.dropped_file);
}

void Replication(const NodeStatus& s, Lines& lines) {
  const bool master = s.role.role == NodeRole::kMaster;
  lines.Add("role", master ? "master" : "slave");
  if (!master && !s.role.master.empty()) {
    const HostPort at = Split(s.role.master_address);
    lines.Add("master_name", s.role.master);
    lines.Add("master_host", at.host);
    lines.Add("master_port", at.port);
  }
  if (!master) {
    lines.Add("master_link_status", s.linked ? "up" : "down");
    lines.Add("master_sync_in_progress", s.syncing ? 1 : 0);
    lines.Add("slave_repl_offset", s.last_index);
    lines.Add("records_behind_master", s.lag);
  }
  lines.Add("connected_slaves",
            std::count_if(s.replicas.begin(), s.replicas.end(),
                          [](const ReplicaStatus& r) { return r.linked; }));
  for (size_t i = 0; i < s.replicas.size(); ++i) {
    const ReplicaStatus& replica = s.replicas[i];
    const HostPort at = Split(replica.address);
    lines.Add(absl::StrFormat("slave%d", i),
              absl::StrCat("ip=", at.host, ",port=", at.port,
                           ",state=", replica.linked ? "online" : "offline",
                           ",offset=", replica.held_index, ",name=",
                           replica.name, ",records_behind=", replica.lag,
                           ",kind=", View(ToString(replica.kind))));
  }
  lines.Add("member_kind", View(ToString(s.kind)));
  lines.Add("members_version", s.members_version);
  for (size_t i = 0; i < s.members.size(); ++i) {
    const MemberStatus& member = s.members[i];
    lines.Add(absl::StrFormat("group_member%d", i),
              absl::StrCat("name=", member.name, ",address=", member.address,
                           ",kind=", View(ToString(member.kind))));
  }
  if (!s.members_change.empty()) lines.Add("members_change", s.members_change);
  lines.Add("master_replid", s.lineage);
  lines.Add("master_repl_offset", master ? s.last_index : s.last_index + s.lag);
  lines.Add("epoch", s.role.epoch);
  lines.Add("commit_index", s.commit_index);
  if (master) {
    lines.Add("min_slaves_good_slaves", s.good_replicas);
    lines.Add("unreplicated_operations", s.unreplicated.operations);
    lines.Add("unreplicated_bytes", s.unreplicated.bytes);
    lines.Add("unreplicated_age_ms",
              absl::ToInt64Milliseconds(s.unreplicated.age));
  }
  if (!s.failover.empty()) lines.Add("failover_state", s.failover);
  if (!s.obstacle.empty()) lines.Add("failover_obstacle", s.obstacle);
  if (!s.refusal.empty()) lines.Add("master_refusal", s.refusal);
}

// Writes of a replica that its master does; Redis has no such thing.
void Forwarding(const NodeStatus& s, Lines& lines) {
  const ForwardingStatus& forwarding = s.forwarding;
  lines.Add("forwarded_writes", forwarding.sent);
  lines.Add("forwarded_writes_retried", forwarding.retried);
  lines.Add("forwarded_writes_recognised", forwarding.recognised);
  lines.Add("forwarded_writes_refused", forwarding.refused);
  lines.Add("forwarded_writes_unknown", forwarding.unknown);
  lines.Add("forwarded_writes_under_way", forwarding.under_way);
  lines.Add("forwarded_writes_waiting", forwarding.waiting);
  lines.Add("forwarded_writes_received", forwarding.received);
  lines.Add("forwarded_writes_duplicates", forwarding.duplicates);
}

// As an error that a write was answered with: the first four are Redis' words.
void Errorstats(const NodeStatus& s, Lines& lines) {
  const RefusedWrites& refused = s.back_pressure.refused;
  const struct {
    std::string_view name;
    uint64_t count;
  } errors[] = {
      {"OOM", refused.memory},          {"NOREPLICAS", refused.replicas},
      {"READONLY", refused.not_master}, {"MISCONF", refused.storage},
      {"LOGFULL", refused.log_full},    {"UNREPLICATED", refused.unreplicated},
      {"NOQUORUM", refused.quorum}};
  for (const auto& [name, count] : errors) {
    if (count == 0) continue;
    lines.Add(absl::StrCat("errorstat_", View(name)),
              absl::StrCat("count=", count));
  }
}

// The sentinel in this process, which watches one group.
void Sentinel(const NodeStatus& s, Lines& lines) {
  const auto down = [&](const std::string& name) {
    return std::any_of(
        s.peers.begin(), s.peers.end(),
        [&](const PeerStatus& p) { return p.name == name && p.sdown; });
  };
  lines.Add("sentinel_masters", 1);
  const size_t members = s.peers.size() + 1;
  lines.Add("master0",
            absl::StrCat(
                "name=", s.server.group, ",status=",
                s.role.master.empty() || down(s.role.master) ? "sdown" : "ok",
                ",address=", s.role.master_address, ",slaves=", members - 1,
                ",sentinels=", members));
  for (size_t i = 0; i < s.peers.size(); ++i) {
    const PeerStatus& peer = s.peers[i];
    const HostPort at = Split(peer.address);
    const bool master = peer.name == s.role.master;
    lines.Add(
        absl::StrFormat("member%d", i),
        absl::StrCat(
            "name=", peer.name, ",ip=", at.host, ",port=", at.port,
            ",role=", master ? "master" : "slave",
            ",status=", peer.sdown ? "sdown" : "ok",
            ",last-ok-ping-reply=", absl::ToInt64Milliseconds(peer.last_seen)));
  }
}

void Commandstats(const NodeStatus& s, Lines& lines) {
  for (const OperationStatus& operation : s.operations) {
    std::string line = absl::StrCat("calls=", operation.calls);
    if (operation.timed != 0) {
      // Where only a sample is timed, what all calls took is an estimate.
      const double usec = absl::ToDoubleMicroseconds(operation.mean) *
                          static_cast<double>(operation.calls);
      absl::StrAppendFormat(&line, ",usec=%.0f,usec_per_call=%s,timed=%d", usec,
                            Usec(operation.mean), operation.timed);
    }
    lines.Add(absl::StrCat("cmdstat_", operation.name), line);
  }
}

void Latencystats(const NodeStatus& s, Lines& lines) {
  for (const OperationStatus& operation : s.operations) {
    if (operation.timed == 0) continue;
    lines.Add(absl::StrCat("latency_percentiles_usec_", operation.name),
              absl::StrCat("p50=", Usec(operation.p50), ",p99=",
                           Usec(operation.p99), ",p99.9=", Usec(operation.p999),
                           ",max=", Usec(operation.max)));
  }
}

// Cumulative and by powers of two, as Redis' LATENCY HISTOGRAM.
void Latencyhistogram(const NodeStatus& s, Lines& lines) {
  for (const OperationStatus& operation : s.operations) {
    if (operation.buckets.empty()) continue;
    std::vector<std::string> parts;
    uint64_t count = 0;
    absl::Duration power = absl::Nanoseconds(1);
    const auto close = [&] {
      parts.push_back(absl::StrCat(
          power == absl::InfiniteDuration() ? "inf" : Usec(power), "=", count));
    };
    for (const LatencyBucket& bucket : operation.buckets) {
      if (bucket.below > power) {
        if (count != 0) close();
        if (bucket.below == absl::InfiniteDuration()) power = bucket.below;
        while (power < bucket.below) power *= 2;
      }
      count += bucket.count;
    }
    close();
    lines.Add(absl::StrCat("latency_histogram_usec_", operation.name),
              absl::StrJoin(parts, ","));
  }
}

void Keyspace(const NodeStatus& s, Lines& lines) {
  for (const KeyspaceStatus& keyspace : s.keyspaces) {
    lines.Add(
        absl::StrFormat("db%d", keyspace.database),
        absl::StrCat("keys=", keyspace.keys, ",expires=", keyspace.expires));
  }
}

void Slowlog(const NodeStatus& s, Lines& lines) {
  for (const SlowOperation& slow : s.slow_log) {
    lines.Add(absl::StrFormat("slow%d", slow.id),
              absl::StrCat("time=", absl::ToUnixSeconds(slow.ended),
                           ",usec=", absl::ToInt64Microseconds(slow.took),
                           ",command=", slow.operation, ",key_bytes=",
                           slow.key_bytes, ",value_bytes=", slow.value_bytes,
                           ",key=", Quoted(slow.key)));
  }
}

void Hotkeys(const NodeStatus& s, Lines& lines) {
  for (size_t i = 0; i < s.hot_keys.size(); ++i) {
    const HotKey& hot = s.hot_keys[i];
    lines.Add(
        absl::StrFormat("hot%d", i),
        absl::StrFormat("db=%d,share=%.4f,share_max=%.4f,key=%s", hot.database,
                        hot.share, hot.share_max, Quoted(hot.key)));
  }
}

void Bigkeys(const NodeStatus& s, Lines& lines) {
  for (size_t i = 0; i < s.big_keys.size(); ++i) {
    const BigKey& big = s.big_keys[i];
    lines.Add(absl::StrFormat("big%d", i),
              absl::StrCat("db=", big.database, ",bytes=", big.bytes,
                           ",key=", Quoted(big.key)));
  }
}

struct Section {
  std::string_view name;
  void (*write)(const NodeStatus&, Lines&);
};
constexpr Section kSections[] = {
    {"Server", Server},
    {"Memory", Memory},
    {"Persistence", Persistence},
    {"Stats", Stats},
    {"Replication", Replication},
    {"Forwarding", Forwarding},
    {"Sentinel", Sentinel},
    {"Errorstats", Errorstats},
    {"Commandstats", Commandstats},
    {"Latencystats", Latencystats},
    {"Latencyhistogram", Latencyhistogram},
    {"Keyspace", Keyspace},
    {"Slowlog", Slowlog},
    {"Hotkeys", Hotkeys},
    {"Bigkeys", Bigkeys},
};

}  // namespace

std::string InfoText(const NodeStatus& status, std::string_view section) {
  std::string text;
  for (const Section& each : kSections) {
    const bool wanted = section.empty() ||
                        absl::EqualsIgnoreCase(View(section), View(each.name));
    if (!wanted) continue;
    Lines lines;
    each.write(status, lines);
    absl::StrAppend(&text, text.empty() ? "" : "\n", "# ", View(each.name),
                    "\n", lines.text());
  }
  return text;
}

}  // namespace vigil
