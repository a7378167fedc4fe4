// Redis: a redis-server of our own on a unix socket, and one connection to it.
//
// It keeps nothing on disk. It never outlives this object, nor this process.
// Thread-safety: none.
#ifndef VIGIL_TESTS_BENCHMARKS_PEERS_REDIS_H_
#define VIGIL_TESTS_BENCHMARKS_PEERS_REDIS_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace vigil::bench {

class Redis {
 public:
  // Starts redis-server with its socket in `dir` and these configuration words
  // besides, the last of a name counting. kUnavailable, with the reason: there is no
  // redis-server, or this was built without hiredis.
  static absl::StatusOr<std::unique_ptr<Redis>> Start(
      const std::string& dir, const std::vector<std::string>& configuration);
  ~Redis();

  std::optional<std::string> Get(std::string_view key);

  // One command; a number as decimal digits. An error ends this process.
  std::string Command(const std::vector<std::string>& words);
  // On a replica: waits until it has what its master had.
  void AwaitLink();

  // Pipelined: all are sent before the first answer is read.
  std::vector<bool> GetMany(const std::vector<std::string_view>& keys);
  void SetMany(const std::vector<std::string_view>& keys,
               std::string_view value);

 private:
  struct Impl;
  explicit Redis(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace vigil::bench

#endif  // VIGIL_TESTS_BENCHMARKS_PEERS_REDIS_H_
