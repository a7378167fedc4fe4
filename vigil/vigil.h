// Vigil: an embedded, replicated, in-memory key-value store. The one header
// that an application includes.
#ifndef VIGIL_VIGIL_H_
#define VIGIL_VIGIL_H_

#include "vigil/node.h"     // IWYU pragma: export
#include "vigil/options.h"  // IWYU pragma: export
#include "vigil/status.h"   // IWYU pragma: export

#endif  // VIGIL_VIGIL_H_
