// Which start of the machine this is: data that was not synced before another
// start may be gone.
#ifndef VIGIL_BOOT_IDENTITY_H_
#define VIGIL_BOOT_IDENTITY_H_

#include <string>

namespace vigil {

// A word that is the same until the machine (or its container's kernel) starts
// again. Where the system does not tell, a new word each time: the safe answer.
std::string BootIdentity();

}  // namespace vigil

#endif  // VIGIL_BOOT_IDENTITY_H_
