// TbbMap: tbb::concurrent_hash_map of strings.
//
// Thread-safety: thread-safe.
#ifndef VIGIL_TESTS_BENCHMARKS_PEERS_TBB_MAP_H_
#define VIGIL_TESTS_BENCHMARKS_PEERS_TBB_MAP_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace vigil::bench {

class TbbMap {
 public:
  // nullptr: built without TBB.
  static std::unique_ptr<TbbMap> Create();
  ~TbbMap();

  std::optional<std::string> Get(std::string_view key) const;
  void Set(std::string_view key, std::string_view value);

 private:
  struct Impl;
  explicit TbbMap(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace vigil::bench

#endif  // VIGIL_TESTS_BENCHMARKS_PEERS_TBB_MAP_H_
