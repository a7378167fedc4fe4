// MetaTable: the named values of a node (identity, promise, vote) in memory, always
// behind what the storage holds.
//
// Thread-safety: thread-safe, one writer per name. Lifetime: `storage` outlives it.
#ifndef VIGIL_ENGINE_META_TABLE_H_
#define VIGIL_ENGINE_META_TABLE_H_

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "engine/base/mutex.h"
#include "engine/storage.h"

namespace vigil::engine {

class MetaTable {
 public:
  // `storage` may be null: then the values live here only.
  MetaTable(Storage* storage, MetaMap values)
      : storage_(storage), values_(std::move(values)) {}

  // Empty: never written.
  std::string Read(std::string_view name) const {
    MutexLock lock(mu_);
    const auto it = values_.find(std::string(name));
    return it == values_.end() ? std::string() : it->second;
  }

  // A value can be read once it is durable, not before.
  absl::Status Write(std::string_view name, std::string_view value) {
    if (storage_ != nullptr) {
      if (absl::Status s = storage_->WriteMeta(name, value); !s.ok()) return s;
    }
    Adopt({{std::string(name), std::string(value)}});
    return absl::OkStatus();
  }

  // Takes over values that the storage has already.
  void Adopt(const MetaMap& values) {
    MutexLock lock(mu_);
    for (const auto& [name, value] : values) values_[name] = value;
  }

 private:
  Storage* const storage_;
  mutable Mutex mu_;
  MetaMap values_ ABSL_GUARDED_BY(mu_);
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_META_TABLE_H_
