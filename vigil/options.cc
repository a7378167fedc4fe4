#include "vigil/options.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "replication/configuration.h"

namespace vigil {
namespace {

constexpr int kMembersMax = replication::kMembersMax;
constexpr size_t kNameBytesMax = 64;
constexpr size_t kJoinMax = 16;
constexpr size_t kMiB = size_t{1} << 20;
constexpr size_t kKeyBytesMax = 64 << 10;
constexpr size_t kValueBytesMax = 64 * kMiB;
constexpr size_t kLogBytesMax = 64 * 1024 * kMiB;
constexpr size_t kSlowLogLengthMax = 100'000;
constexpr int kDatabasesMax = 128;
constexpr size_t kAsyncOperationsMax = 10'000'000;
constexpr int kPriorityMax = 1000;
constexpr size_t kSecretsMax = 2;
constexpr size_t kSecretBytesMin = 16;
constexpr size_t kSecretBytesMax = 1024;
constexpr std::string_view kUnix = "unix:";
constexpr size_t kUnixPathMax = 107;  // sockaddr_un has 108, with a zero

absl::Status Wrong(std::string_view option, std::string_view value,
                   std::string_view allowed) {
  const auto bridge = [](std::string_view s) {
    return absl::string_view(s.data(), s.size());
  };
  return absl::InvalidArgumentError(absl::StrCat(
      bridge(option), " is '", bridge(value), "'; allowed: ", bridge(allowed)));
}

template <typename Number>
absl::Status CheckRange(std::string_view option, Number value, Number low,
                        Number high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return Wrong(option, absl::StrCat(value), absl::StrCat(low, " to ", high));
}

absl::Status CheckDuration(std::string_view option, absl::Duration value,
                           absl::Duration low, absl::Duration high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return Wrong(option, absl::FormatDuration(value),
               absl::StrCat(absl::FormatDuration(low), " to ",
                            absl::FormatDuration(high)));
}

absl::Status CheckName(std::string_view option, std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  };
  if (!name.empty() && name.size() <= kNameBytesMax &&
      std::all_of(name.begin(), name.end(), allowed)) {
    return absl::OkStatus();
  }
  return Wrong(option, name, "1 to 64 of A-Z a-z 0-9 . - _");
}

absl::Status CheckUnixAddress(std::string_view option,
                              std::string_view address) {
  std::string_view path = address.substr(kUnix.size());
  if (path.starts_with("//")) path.remove_prefix(2);  // unix:///path
  const bool printable = std::all_of(path.begin(), path.end(),
                                     [](char c) { return c > ' ' && c < 127; });
  if (path.size() > 1 && path.front() == '/' && path.back() != '/' &&
      path.size() <= kUnixPathMax && printable &&
      path.find_first_of("?#%") == std::string_view::npos) {
    return absl::OkStatus();
  }
  return Wrong(option, address,
               absl::StrCat("unix:/path, absolute, of up to ", kUnixPathMax,
                            " bytes without space, ?, # and %"));
}

absl::Status CheckAddress(std::string_view option, std::string_view address) {
  constexpr std::string_view kAllowed =
      "host:port, with a port of 1 to 65535, or unix:/path";
  if (address.starts_with(kUnix)) return CheckUnixAddress(option, address);
  const size_t colon = address.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || address.size() > 255 ||
      address.find_first_of(" \t\r\n/,") != std::string_view::npos) {
    return Wrong(option, address, kAllowed);
  }
  const std::string_view port = address.substr(colon + 1);
  const bool digits = !port.empty() && port.size() <= 5 &&
                      port.find_first_not_of("0123456789") == std::string::npos;
  const int number = digits ? std::stoi(std::string(port)) : 0;
  if (number < 1 || number > 65535) return Wrong(option, address, kAllowed);
  return absl::OkStatus();
}

absl::Status CheckMembers(const Options& options) {
  const int count = static_cast<int>(options.members.size());
  if (count < 1 || count > kMembersMax) {
    return Wrong("members", absl::StrCat(count, " members"), "1 to 7 members");
  }
  std::set<std::string> names;
  std::set<std::string> addresses;
  for (const MemberAddress& member : options.members) {
    if (auto s = CheckName("members[].name", member.name); !s.ok()) return s;
    if (auto s = CheckAddress("members[].address", member.address); !s.ok()) {
      return s;
    }
    if (!names.insert(member.name).second) {
      return Wrong("members[].name", member.name, "each name once");
    }
    if (!addresses.insert(member.address).second) {
      return Wrong("members[].address", member.address, "each address once");
    }
  }
  if (!names.contains(options.node_id)) {
    return Wrong("node_id", options.node_id, "one of the names in members");
  }
  return absl::OkStatus();
}

absl::Status CheckJoin(const Options& options) {
  if (options.join.empty()) return absl::OkStatus();
  if (options.members.size() != 1) {
    return Wrong("members", absl::StrCat(options.members.size(), " members"),
                 "this node alone, as there is a join");
  }
  if (options.join.size() > kJoinMax) {
    return Wrong("join", absl::StrCat(options.join.size(), " addresses"),
                 "up to 16 addresses");
  }
  for (const std::string& address : options.join) {
    if (auto s = CheckAddress("join[]", address); !s.ok()) return s;
    if (address == options.members[0].address) {
      return Wrong("join[]", address, "the address of another node");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckTls(const TlsOptions& tls) {
  const struct {
    const char* name;
    const std::string &file, &pem;
  } parts[] = {{"certificate", tls.certificate_file, tls.certificate_pem},
               {"key", tls.key_file, tls.key_pem},
               {"authority", tls.authority_file, tls.authority_pem}};
  const bool files = !tls.certificate_file.empty();
  for (const auto& part : parts) {
    const bool file = !part.file.empty();
    // The key's own text is no matter for an error message.
    const std::string given = absl::StrCat(
        file ? part.file : "", file && !part.pem.empty() ? " and " : "",
        part.pem.empty() ? "" : "PEM");
    if (file != files || part.pem.empty() == !file) {
      return Wrong(absl::StrCat("security.tls.", part.name, "_file and _pem"),
                   given, "three files, or PEM for all three");
    }
  }
  return CheckDuration("security.tls.reload_period", tls.reload_period,
                       absl::Milliseconds(100), absl::Hours(1));
}

absl::Status CheckSentinel(const Options& options) {
  const SentinelOptions& sentinel = options.sentinel;
  const int count = static_cast<int>(options.members.size());
  if (sentinel.quorum) {
    const int high = options.join.empty() ? count : kMembersMax;
    auto s = CheckRange("sentinel.quorum", *sentinel.quorum, 1, high);
    if (!s.ok()) return s;
  }
  if (auto s = CheckDuration("sentinel.down_after", sentinel.down_after,
                             absl::Milliseconds(50), absl::Hours(1));
      !s.ok()) {
    return s;
  }
  return CheckDuration("sentinel.failover_timeout", sentinel.failover_timeout,
                       sentinel.down_after, absl::Hours(1));
}

absl::Status CheckReplication(const Options& options) {
  if (auto s = CheckRange("priority", options.priority, 1, kPriorityMax);
      !s.ok()) {
    return s;
  }
  const absl::Duration down_after = options.sentinel.down_after;
  if (options.isolation_timeout &&
      (*options.isolation_timeout < absl::Milliseconds(20) ||
       *options.isolation_timeout >= down_after)) {
    return Wrong("isolation_timeout",
                 absl::FormatDuration(*options.isolation_timeout),
                 absl::StrCat("20ms to less than sentinel.down_after (",
                              absl::FormatDuration(down_after), ")"));
  }
  const int others = options.join.empty()
                         ? static_cast<int>(options.members.size()) - 1
                         : kMembersMax - 1;
  if (auto s = CheckRange("min_replicas_to_write",
                          options.min_replicas_to_write, 0, others);
      !s.ok()) {
    return s;
  }
  if (auto s =
          CheckDuration("min_replicas_max_lag", options.min_replicas_max_lag,
                        absl::Milliseconds(200), absl::Hours(1));
      !s.ok()) {
    return s;
  }
  const absl::Duration time = options.max_unreplicated_time;
  if (time != absl::ZeroDuration() &&
      (time < absl::Milliseconds(10) || time > absl::Hours(1))) {
    return Wrong("max_unreplicated_time", absl::FormatDuration(time),
                 "0 (off), or 10ms to 1h");
  }
  return absl::OkStatus();
}

absl::Status CheckStore(const Options& options) {
  if (options.max_memory != 0 && options.max_memory < kMiB) {
    return Wrong("max_memory", absl::StrCat(options.max_memory),
                 "0 (no limit), or 1 MiB or more");
  }
  const auto policy = static_cast<int>(options.eviction_policy());
  if (policy < 0 || policy > static_cast<int>(Eviction::kSieve)) {
    return Wrong("eviction", absl::StrCat(policy), "a value of Eviction");
  }
  if (auto s = CheckRange("databases", options.databases, 1, kDatabasesMax);
      !s.ok()) {
    return s;
  }
  if (auto s = CheckRange("key_bytes_max", options.key_bytes_max, size_t{1},
                          kKeyBytesMax);
      !s.ok()) {
    return s;
  }
  if (auto s = CheckRange("value_bytes_max", options.value_bytes_max, size_t{1},
                          kValueBytesMax);
      !s.ok()) {
    return s;
  }
  const size_t log_min = std::max(kMiB, 2 * options.value_bytes_max);
  if (auto s = CheckRange("log_memory_bytes", options.log_memory_bytes, log_min,
                          kLogBytesMax);
      !s.ok()) {
    return s;
  }
  if (options.log_disk_bytes < options.log_memory_bytes) {
    return Wrong("log_disk_bytes", absl::StrCat(options.log_disk_bytes),
                 "log_memory_bytes or more");
  }
  if (auto s = CheckDuration("checkpoint_period", options.checkpoint_period,
                             absl::Milliseconds(100), absl::Hours(1));
      !s.ok()) {
    return s;
  }
  if (auto s = CheckDuration("slow_log_threshold", options.slow_log_threshold,
                             absl::ZeroDuration(), absl::InfiniteDuration());
      !s.ok()) {
    return s;
  }
  if (auto s = CheckRange("slow_log_length", options.slow_log_length, size_t{0},
                          kSlowLogLengthMax);
      !s.ok()) {
    return s;
  }
  if (auto s = CheckDuration("close_timeout", options.close_timeout,
                             absl::Milliseconds(100), absl::Hours(1));
      !s.ok()) {
    return s;
  }
  return CheckRange("async_operations_max", options.async_operations_max,
                    size_t{1}, kAsyncOperationsMax);
}

}  // namespace

Eviction Options::eviction_policy() const {
  if (eviction) return *eviction;
  return max_memory > 0 ? Eviction::kS3Fifo : Eviction::kNoEviction;
}

absl::Status SecurityOptions::Validate() const {
  if (tls) {
    if (auto s = CheckTls(*tls); !s.ok()) return s;
  }
  if (secrets.size() > kSecretsMax) {
    return Wrong("security.secrets", absl::StrCat(secrets.size(), " secrets"),
                 "0 to 2 secrets");
  }
  // A secret is no matter for an error message.
  for (const std::string& secret : secrets) {
    if (secret.size() < kSecretBytesMin || secret.size() > kSecretBytesMax) {
      return Wrong("security.secrets[]", absl::StrCat(secret.size(), " bytes"),
                   "16 to 1024 bytes");
    }
  }
  if (secrets.size() == 2 && secrets[0] == secrets[1]) {
    return Wrong("security.secrets[]", "twice the same", "each secret once");
  }
  return absl::OkStatus();
}

absl::Status Options::Validate() const {
  if (auto s = CheckName("group", group); !s.ok()) return s;
  if (auto s = CheckName("node_id", node_id); !s.ok()) return s;
  if (!listen.empty()) {
    if (auto s = CheckAddress("listen", listen); !s.ok()) return s;
  }
  if (auto s = CheckMembers(*this); !s.ok()) return s;
  if (auto s = CheckJoin(*this); !s.ok()) return s;
  if (auto s = security.Validate(); !s.ok()) return s;
  if (auto s = CheckSentinel(*this); !s.ok()) return s;
  if (auto s = CheckReplication(*this); !s.ok()) return s;
  return CheckStore(*this);
}

}  // namespace vigil
