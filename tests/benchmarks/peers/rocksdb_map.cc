#include "tests/benchmarks/peers/rocksdb_map.h"

#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/slice.h>

#include "absl/status/status.h"
#include "tests/benchmarks/must.h"

namespace vigil::bench {
namespace {

void MustBeOk(const rocksdb::Status& status) {
  if (!status.ok()) Must(absl::InternalError(status.ToString()));
}

}  // namespace

RocksdbMap::RocksdbMap(const std::string& dir) {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.compression = rocksdb::kNoCompression;
  options.write_buffer_size = 256 << 20;  // no flush in the middle
  rocksdb::DB* db = nullptr;
  MustBeOk(rocksdb::DB::Open(options, dir, &db));
  db_.reset(db);
}

RocksdbMap::~RocksdbMap() = default;

void RocksdbMap::Set(std::string_view key, std::string_view value) {
  rocksdb::WriteOptions options;
  options.sync = true;
  MustBeOk(db_->Put(options, rocksdb::Slice(key.data(), key.size()),
                    rocksdb::Slice(value.data(), value.size())));
}

}  // namespace vigil::bench
