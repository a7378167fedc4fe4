#include "sentinel/persistent_state.h"

#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace vigil::sentinel {

namespace {

constexpr char kMagic[] = "vigil-sentinel 1";

// FNV-1a: enough to notice a damaged file; nobody forges it.
uint64_t Checksum(std::string_view bytes) {
  uint64_t sum = 0xcbf29ce484222325;
  for (const char c : bytes) {
    sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  return sum;
}

bool ParseId(absl::string_view hex, NodeId* id) {
  return hex.size() == 16 && absl::SimpleHexAtoi(hex, &id->value);
}

}  // namespace

std::string Encode(const PersistentState& state) {
  std::string text = absl::StrCat(
      kMagic, "\nowner ", ToString(state.owner), "\nepoch ", state.epoch,
      "\nvote ", state.vote.number, " ", ToString(state.vote.candidate), "\n");
  absl::StrAppendFormat(&text, "sum %016x\n", Checksum(text));
  return text;
}

absl::StatusOr<PersistentState> DecodePersistentState(std::string_view bytes) {
  const auto damaged = [](const char* what) {
    return absl::DataLossError(absl::StrCat("sentinel state: ", what));
  };
  const size_t sum_at = bytes.rfind("sum ");
  if (sum_at == std::string_view::npos) return damaged("no checksum");
  const std::string expected =
      absl::StrFormat("sum %016x\n", Checksum(bytes.substr(0, sum_at)));
  if (bytes.substr(sum_at) != expected) return damaged("wrong checksum");

  const std::vector<absl::string_view> lines =
      absl::StrSplit(absl::string_view(bytes.data(), sum_at), '\n');
  if (lines.size() != 5 || lines[0] != kMagic) return damaged("unknown format");
  const std::vector<absl::string_view> owner = absl::StrSplit(lines[1], ' ');
  const std::vector<absl::string_view> epoch = absl::StrSplit(lines[2], ' ');
  const std::vector<absl::string_view> vote = absl::StrSplit(lines[3], ' ');
  PersistentState state;
  const bool good = owner.size() == 2 && owner[0] == "owner" &&
                    ParseId(owner[1], &state.owner) && epoch.size() == 2 &&
                    epoch[0] == "epoch" &&
                    absl::SimpleAtoi(epoch[1], &state.epoch) &&
                    vote.size() == 3 && vote[0] == "vote" &&
                    absl::SimpleAtoi(vote[1], &state.vote.number) &&
                    ParseId(vote[2], &state.vote.candidate);
  if (!good) return damaged("a line is malformed");
  return state;
}

}  // namespace vigil::sentinel
