#include "engine/backup_manifest.h"

#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

#define XXH_INLINE_ALL
#include "xxhash.h"

namespace vigil::engine {
namespace {

using Words = std::vector<std::string>;

constexpr std::string_view kMagic = "vigil-backup ";
constexpr std::string_view kFormatLine = "vigil-backup 1\n";
constexpr size_t kEndBytes = 4 + 16 + 1;

std::string Hex(uint64_t value) { return absl::StrFormat("%016x", value); }

std::string Escape(std::string_view raw) {
  std::string out;
  for (const char c : raw) {
    if (c > ' ' && c <= '~' && c != '%') {
      out += c;
    } else {
      absl::StrAppendFormat(&out, "%%%02X", static_cast<uint8_t>(c));
    }
  }
  return out;
}

std::optional<std::string> Unescape(std::string_view word) {
  std::string out;
  for (size_t i = 0; i < word.size(); ++i) {
    if (word[i] != '%') {
      out += word[i];
      continue;
    }
    uint32_t byte = 0;
    if (i + 2 >= word.size() ||
        !absl::SimpleHexAtoi(absl::string_view(&word[i + 1], 2), &byte) ||
        byte > 0xff) {
      return std::nullopt;
    }
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

// Such that joining it to a directory cannot lead out of it.
bool IsFileName(const std::string& name) {
  return !name.empty() && name != "." && name != ".." &&
         name.find('/') == std::string::npos &&
         name.find('\0') == std::string::npos;
}

// Adds what one line says; false when it says nothing that is known.
bool AddLine(const Words& words, BackupManifest& manifest) {
  if (words.size() == 2 && words[0] == "checkpoint")
    return absl::SimpleAtoi(words[1], &manifest.checkpoint);
  if (words.size() == 2 && words[0] == "last")
    return absl::SimpleAtoi(words[1], &manifest.last_index);
  if (words.size() == 3 && words[0] == "label") {
    const auto name = Unescape(words[1]);
    const auto value = Unescape(words[2]);
    if (!name || !value) return false;
    manifest.labels[*name] = *value;
    return true;
  }
  if (words.size() != 4 || words[0] != "file") return false;
  BackupFile file;
  const auto name = Unescape(words[1]);
  if (!name || !IsFileName(*name) || !absl::SimpleAtoi(words[2], &file.bytes) ||
      !absl::SimpleHexAtoi(words[3], &file.checksum)) {
    return false;
  }
  file.name = *name;
  manifest.files.push_back(std::move(file));
  return true;
}

absl::Status Damaged(std::string_view why) {
  return absl::DataLossError(
      absl::StrCat("the backup's manifest is damaged: ",
                   absl::string_view(why.data(), why.size())));
}

}  // namespace

uint64_t BackupManifest::bytes() const {
  uint64_t sum = 0;
  for (const BackupFile& file : files) sum += file.bytes;
  return sum;
}

uint64_t KeysIn(const MetaMap& labels) {
  const auto label = labels.find(std::string(kKeysLabel));
  uint64_t keys = 0;
  if (label == labels.end() || !absl::SimpleAtoi(label->second, &keys))
    return 0;
  return keys;
}

std::string EncodeBackupManifest(const BackupManifest& manifest) {
  std::string text(kFormatLine);
  for (const auto& [name, value] : manifest.labels)
    absl::StrAppend(&text, "label ", Escape(name), " ", Escape(value), "\n");
  absl::StrAppend(&text, "checkpoint ", manifest.checkpoint, "\n");
  absl::StrAppend(&text, "last ", manifest.last_index, "\n");
  for (const BackupFile& file : manifest.files) {
    absl::StrAppend(&text, "file ", Escape(file.name), " ", file.bytes, " ",
                    Hex(file.checksum), "\n");
  }
  const uint64_t checksum = XXH3_64bits(text.data(), text.size());
  absl::StrAppend(&text, "end ", Hex(checksum), "\n");
  return text;
}

absl::StatusOr<BackupManifest> DecodeBackupManifest(std::string_view text) {
  if (text.substr(0, kMagic.size()) != kMagic)
    return absl::FailedPreconditionError("this is not a backup's manifest");
  if (text.substr(0, kFormatLine.size()) != kFormatLine) {
    return absl::FailedPreconditionError(
        "the backup is of another format than this version reads (1)");
  }
  if (text.size() < kFormatLine.size() + kEndBytes)
    return Damaged("it ends early");
  const std::string_view body = text.substr(0, text.size() - kEndBytes);
  const std::string end =
      absl::StrCat("end ", Hex(XXH3_64bits(body.data(), body.size())), "\n");
  if (text.substr(body.size()) != end)
    return Damaged("its checksum is another, or it ends early");

  BackupManifest manifest;
  std::string_view rest = body.substr(kFormatLine.size());
  while (!rest.empty()) {
    const size_t newline = rest.find('\n');
    if (newline == std::string_view::npos) return Damaged("half a line");
    const absl::string_view line(rest.data(), newline);
    if (!AddLine(absl::StrSplit(line, ' '), manifest)) {
      return Damaged(absl::StrCat("the line '", absl::CHexEscape(line), "'"));
    }
    rest.remove_prefix(newline + 1);
  }
  if (EncodeBackupManifest(manifest) != text)
    return Damaged("it is not as this library writes it");
  return manifest;
}

}  // namespace vigil::engine
