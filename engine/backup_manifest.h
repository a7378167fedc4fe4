// BackupManifest: what a backup holds, and the text that says so.
//
//   vigil-backup 1
//   label group my%20group
//   checkpoint 1000
//   last 1234
//   file 000012.sst 40961 9c3a3f5e01b2c4d7
//   end 5be07a10f2c38e44
//
// Bytes of names and values that are not printable ASCII, spaces and '%' are written
// as %XX. Checksums are XXH3 with 64 bits; the last line has that of all lines before
// it. There is one text for each manifest: a decoder accepts no other.
#ifndef VIGIL_ENGINE_BACKUP_MANIFEST_H_
#define VIGIL_ENGINE_BACKUP_MANIFEST_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/storage.h"

namespace vigil::engine {

struct BackupFile {
  std::string name;  // within the backup's directory
  uint64_t bytes = 0;
  uint64_t checksum = 0;

  friend bool operator==(const BackupFile&, const BackupFile&) = default;
};

struct BackupManifest {
  MetaMap labels;           // the caller's: whose data these are
  uint64_t checkpoint = 0;  // of the state
  uint64_t last_index = 0;  // of the log
  std::vector<BackupFile> files;

  uint64_t bytes() const;
  friend bool operator==(const BackupManifest&,
                         const BackupManifest&) = default;
};

// A label that the engine adds: about how many keys there are, in decimal.
inline constexpr std::string_view kKeysLabel = "keys";
// What it says; 0: nothing.
uint64_t KeysIn(const MetaMap& labels);

std::string EncodeBackupManifest(const BackupManifest& manifest);

//   kFailedPrecondition  no backup's manifest, or one of another format
//   kDataLoss            it was one, and is damaged
absl::StatusOr<BackupManifest> DecodeBackupManifest(std::string_view text);

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_BACKUP_MANIFEST_H_
