// HotKeys: which keys take most of the load, from a sample of the calls.
//
// Thread-safety: thread-safe. Sample() takes a lock, so it is for one call of many
// (base/sampling.h); it costs about 100 ns. Memory: about 30 KiB.
#ifndef VIGIL_ENGINE_HOT_KEYS_H_
#define VIGIL_ENGINE_HOT_KEYS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/space_saving.h"

namespace vigil::engine {

class HotKeys {
 public:
  // A key with a share above 1 / kCapacity of the calls is certainly found.
  static constexpr size_t kCapacity = 128;
  // Samples after which older ones count half: about 2 seconds at a million calls a
  // second, and as many calls when there is less to do.
  static constexpr uint64_t kHalfLife = 16384;

  struct HotKey {
    uint8_t database = 0;
    std::string key;  // its first SpaceSaving::kKeyBytes
    // Of the sampled calls: certainly no less, and no more, than this.
    double share = 0;
    double share_max = 0;
  };

  HotKeys() : counts_(kCapacity) {}

  void Sample(uint8_t database, std::string_view key);

  // The hottest first. Keys that were seen less than kSeenMin times are noise, and left
  // out.
  std::vector<HotKey> Top(size_t n) const;
  void Reset();

 private:
  static constexpr uint64_t kSeenMin = 4;

  mutable Mutex mu_;
  SpaceSaving counts_ ABSL_GUARDED_BY(mu_);
  uint64_t since_halved_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_HOT_KEYS_H_
