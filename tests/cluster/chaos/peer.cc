#include "tests/cluster/chaos/peer.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "vigil/dropped_writes.h"

namespace vigil::chaos {
namespace fs = std::filesystem;

void Peer::Begin(std::unique_ptr<demo::Child> started) {
  child = std::move(started);
  lines = {};
  ++incarnation;
  paused = false;
  end_asked = End::kNone;
  opened = unwell = halted = dumped = flooding = false;
  by_quorum = 0;
  seen = {};
}

absl::StatusOr<std::vector<Dropped>> ReadDropped(const Peer& peer, int node) {
  std::vector<Dropped> dropped;
  std::error_code none;
  for (const auto& file : fs::directory_iterator(peer.dropped_dir(), none)) {
    if (file.path().extension() != ".log")
      return absl::UnavailableError(
          absl::StrCat(file.path().string(), " is not certain yet"));
    absl::Status read =
        ReadDroppedWrites(file.path().string(), [&](const DroppedWrite& write) {
          dropped.push_back({node, write.key, write.value, write.position.epoch,
                             write.position.index});
        });
    if (!read.ok()) return read;
  }
  return dropped;
}

}  // namespace vigil::chaos
