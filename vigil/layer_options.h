// What each layer below is told of a node's Options.
//
// Pure, but for the sentinel's seed.
#ifndef VIGIL_LAYER_OPTIONS_H_
#define VIGIL_LAYER_OPTIONS_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "engine/options.h"
#include "replication/member.h"
#include "replication/options.h"
#include "sentinel/options.h"
#include "vigil/options.h"

namespace vigil {

// Of the member of that name; empty: there is none.
std::string AddressOf(const Options& options, std::string_view name);

engine::EngineOptions MakeEngineOptions(const Options& options);
replication::Options MakeReplicationOptions(const Options& options);
// `member` knows who it is, and the members of the group as they are now.
sentinel::Options MakeSentinelOptions(const Options& options,
                                      const replication::MemberPort& member);

// A message of a stream holds at least one record, however large, and some words.
inline constexpr size_t kMessageRoom = 64 << 10;
size_t MessageBytesMax(const Options& options);

}  // namespace vigil

#endif  // VIGIL_LAYER_OPTIONS_H_
