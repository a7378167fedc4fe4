#include "vigil/write_errors.h"

#include <string>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace vigil {
namespace {

constexpr char kMasterPayload[] = "vigil/master";  // "name address"
constexpr char kReceiptPayload[] =
    "vigil/receipt";  // "epoch index level replicas"

// The words of a payload, if there is one with so many.
std::optional<std::vector<std::string>> Words(const absl::Status& status,
                                              const char* payload,
                                              size_t count) {
  const auto bytes = status.GetPayload(payload);
  if (!bytes) return std::nullopt;
  std::vector<std::string> words =
      absl::StrSplit(std::string(*bytes), ' ', absl::SkipEmpty());
  if (words.size() != count) return std::nullopt;
  return words;
}

}  // namespace

absl::Status NotMasterError(const RoleView& view) {
  if (view.master.empty() || view.role == NodeRole::kMaster) {
    // The latter: it has just stepped down, and its view is about to say so.
    return absl::FailedPreconditionError(
        "not the master, and no master is known at this moment");
  }
  absl::Status status = absl::FailedPreconditionError(absl::StrCat(
      "not the master: that is '", view.master, "' at ", view.master_address));
  status.SetPayload(
      kMasterPayload,
      absl::Cord(absl::StrCat(view.master, " ", view.master_address)));
  return status;
}

absl::Status WithReceipt(absl::Status status, const Receipt& receipt) {
  status.SetPayload(
      kReceiptPayload,
      absl::Cord(absl::StrCat(receipt.epoch, " ", receipt.index, " ",
                              static_cast<int>(receipt.reached.level), " ",
                              receipt.reached.replicas)));
  return status;
}

std::optional<MasterHint> MasterOf(const absl::Status& status) {
  const auto words = Words(status, kMasterPayload, 2);
  if (!words) return std::nullopt;
  return MasterHint{.name = (*words)[0], .address = (*words)[1]};
}

std::optional<Receipt> ReceiptOf(const absl::Status& status) {
  const auto words = Words(status, kReceiptPayload, 4);
  Receipt receipt;
  int level = 0;
  if (!words || !absl::SimpleAtoi((*words)[0], &receipt.epoch) ||
      !absl::SimpleAtoi((*words)[1], &receipt.index) ||
      !absl::SimpleAtoi((*words)[2], &level) || level < Ack::kMemory ||
      level > Ack::kQuorumDurable ||
      !absl::SimpleAtoi((*words)[3], &receipt.reached.replicas)) {
    return std::nullopt;
  }
  receipt.reached.level = static_cast<Ack::Level>(level);
  return receipt;
}

}  // namespace vigil
