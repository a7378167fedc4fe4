// From the options and to the status of the front door, where more than one file needs
// it.
#ifndef VIGIL_CONVERSIONS_H_
#define VIGIL_CONVERSIONS_H_

#include "engine/work_board.h"
#include "replication/configuration.h"
#include "replication/shared_options.h"
#include "vigil/options.h"
#include "vigil/status.h"

namespace vigil {

// Named value of the engine: the sentinel's vote is kept beside the data.
inline constexpr char kSentinelMeta[] = "sentinel";

// Nobody, of a node that joins a group.
replication::Configuration ToConfiguration(const Options& options);
// Those that a group's members must agree on.
replication::SharedOptions ToSharedOptions(const Options& options);
// By its identity.
MemberKind KindOf(const replication::Configuration& configuration,
                  const replication::Member& member);

WorkStatus ToWorkStatus(const engine::Work& work);

}  // namespace vigil

#endif  // VIGIL_CONVERSIONS_H_
