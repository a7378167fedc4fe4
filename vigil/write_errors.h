// The errors of a write that carry more than words: who is the master, and
// where a write of unknown outcome stands. node.h's MasterOf and ReceiptOf read
// them back.
#ifndef VIGIL_WRITE_ERRORS_H_
#define VIGIL_WRITE_ERRORS_H_

#include "absl/status/status.h"
#include "vigil/node.h"
#include "vigil/status.h"

namespace vigil {

absl::Status NotMasterError(const RoleView& view);
absl::Status WithReceipt(absl::Status status, const Receipt& receipt);

}  // namespace vigil

#endif  // VIGIL_WRITE_ERRORS_H_
