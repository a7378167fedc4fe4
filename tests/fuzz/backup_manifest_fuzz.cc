// A backup's manifest: there is one text for each, so what decodes is encoded to the
// very same bytes.
#include "engine/backup_manifest.h"
#include "tests/fuzz/fuzz_target.h"

#define XXH_INLINE_ALL
#include "xxhash.h"

namespace vigil::fuzz {
namespace {

// `lines` with the last line that they need, so that more than a checksum is tried.
std::string Sealed(std::string_view lines) {
  char end[32];
  std::snprintf(
      end, sizeof end, "end %016llx\n",
      static_cast<unsigned long long>(XXH3_64bits(lines.data(), lines.size())));
  return std::string(lines) + end;
}

void DecodeAndCompare(std::string_view text) {
  const auto manifest = engine::DecodeBackupManifest(text);
  if (!manifest.ok()) return;
  Require(engine::EncodeBackupManifest(*manifest) == text,
          "there is one text for each manifest");
}

}  // namespace

void TryOne(std::string_view bytes) {
  DecodeAndCompare(bytes);
  DecodeAndCompare(Sealed(bytes));
}

std::vector<std::string> Seeds() {
  const engine::BackupManifest full = {
      .labels = {{"group", "my group"}, {"state", std::string("\0%\n", 3)}},
      .checkpoint = 1000,
      .last_index = 1234,
      .files = {{"000012.sst", 40961, 0x9c3a3f5e01b2c4d7}, {"CURRENT", 16, 1}}};
  const std::string text = engine::EncodeBackupManifest(full);
  // The second one without its last line, for Sealed.
  return {text, text.substr(0, text.rfind("end ")),
          engine::EncodeBackupManifest({})};
}

}  // namespace vigil::fuzz
