#include "vigil/boot_identity.h"

#include <fstream>

#include "absl/strings/str_cat.h"
#include "engine/base/random.h"

namespace vigil {

std::string BootIdentity() {
  std::string word;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> word;
  return word.empty() ? absl::StrCat("unknown-", RandomFromSystem()) : word;
}

}  // namespace vigil
