// RocksdbMap: RocksDB itself, each write synced before it returns.
//
// Thread-safety: thread-safe. RocksDB commits the writes that wait together as a
// group.
#ifndef VIGIL_TESTS_BENCHMARKS_PEERS_ROCKSDB_MAP_H_
#define VIGIL_TESTS_BENCHMARKS_PEERS_ROCKSDB_MAP_H_

#include <memory>
#include <string>
#include <string_view>

namespace rocksdb {
class DB;
}  // namespace rocksdb

namespace vigil::bench {

class RocksdbMap {
 public:
  explicit RocksdbMap(const std::string& dir);
  ~RocksdbMap();

  // Returns when it is durable.
  void Set(std::string_view key, std::string_view value);

 private:
  std::unique_ptr<rocksdb::DB> db_;
};

}  // namespace vigil::bench

#endif  // VIGIL_TESTS_BENCHMARKS_PEERS_ROCKSDB_MAP_H_
