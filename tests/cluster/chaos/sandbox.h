// Sandbox: a network and a view of the file system of this process's own, which nobody
// else sees. What is made in it (namespaces, devices, rules, mounts) has no name outside;
// the kernel takes it apart when the last process in it is gone, however that ended, with
// SIGKILL too.
#ifndef VIGIL_TESTS_CLUSTER_CHAOS_SANDBOX_H_
#define VIGIL_TESTS_CLUSTER_CHAOS_SANDBOX_H_

#include "absl/status/status.h"

namespace vigil::chaos {

// This process, which must have one thread, and its children from now on. Its network has
// a loopback device. Somebody who is not root becomes root of a user namespace, where that
// is allowed. The error says why it is not possible.
absl::Status EnterSandbox();

}  // namespace vigil::chaos

#endif  // VIGIL_TESTS_CLUSTER_CHAOS_SANDBOX_H_
