// What a status of a write carries, after it went through whatever an application does
// with statuses: what is read as a receipt or a master is written as the same again.
#include "absl/strings/cord.h"
#include "tests/fuzz/fuzz_target.h"
#include "vigil/write_errors.h"

namespace vigil::fuzz {

void TryOne(std::string_view bytes) {
  absl::Status status = absl::UnavailableError("");
  status.SetPayload("vigil/receipt", absl::Cord(std::string(bytes)));
  status.SetPayload("vigil/master", absl::Cord(std::string(bytes)));
  if (const auto receipt = ReceiptOf(status)) {
    const auto again =
        ReceiptOf(WithReceipt(absl::UnavailableError(""), *receipt));
    Require(again == receipt, "a receipt comes back as it was");
  }
  if (const auto master = MasterOf(status)) {
    RoleView view;
    view.role = NodeRole::kReplica;
    view.master = master->name;
    view.master_address = master->address;
    const auto again = MasterOf(NotMasterError(view));
    Require(again && again->name == master->name &&
                again->address == master->address,
            "a master comes back as it was");
  }
}

std::vector<std::string> Seeds() {
  return {"3 17 4 0", "1 2 2 2", "a 127.0.0.1:7001"};
}

}  // namespace vigil::fuzz
