// In place of redis.cc where hiredis was not there at build time.
#include "tests/benchmarks/peers/redis.h"

namespace vigil::bench {

struct Redis::Impl {};

Redis::Redis(std::unique_ptr<Impl>) {}
Redis::~Redis() = default;

absl::StatusOr<std::unique_ptr<Redis>> Redis::Start(
    const std::string&, const std::vector<std::string>&) {
  return absl::UnavailableError("built without hiredis (libhiredis-dev)");
}
std::optional<std::string> Redis::Get(std::string_view) { return {}; }
std::vector<bool> Redis::GetMany(const std::vector<std::string_view>&) {
  return {};
}
void Redis::SetMany(const std::vector<std::string_view>&, std::string_view) {}
std::string Redis::Command(const std::vector<std::string>&) { return {}; }
void Redis::AwaitLink() {}

}  // namespace vigil::bench
