// Vigil: an embedded, replicated, in-memory key-value store. The one header
// that an application includes.
#ifndef VIGIL_VIGIL_H_
#define VIGIL_VIGIL_H_

#include "vigil/async.h"           // IWYU pragma: export
#include "vigil/backup.h"          // IWYU pragma: export
#include "vigil/batch.h"           // IWYU pragma: export
#include "vigil/change.h"          // IWYU pragma: export
#include "vigil/dropped_writes.h"  // IWYU pragma: export
#include "vigil/freshness.h"       // IWYU pragma: export
#include "vigil/info.h"            // IWYU pragma: export
#include "vigil/node.h"            // IWYU pragma: export
#include "vigil/operation.h"       // IWYU pragma: export
#include "vigil/options.h"         // IWYU pragma: export
#include "vigil/status.h"          // IWYU pragma: export
#include "vigil/values.h"          // IWYU pragma: export

#endif  // VIGIL_VIGIL_H_
