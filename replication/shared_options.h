// SharedOptions: the options that must be the same on all members, by name, in words.
// Members tell them to each other, and refuse each other where they differ.
#ifndef VIGIL_REPLICATION_SHARED_OPTIONS_H_
#define VIGIL_REPLICATION_SHARED_OPTIONS_H_

#include <map>
#include <string>

namespace vigil::replication {

using SharedOptions = std::map<std::string, std::string>;

// What a peer may tell: more is not ours.
inline constexpr int kSharedOptionsMax = 32;
inline constexpr size_t kSharedOptionBytesMax = 64;

// The first option that differs, with both values; empty: there is none. What only one
// side tells is of another version, and no difference.
std::string Difference(const SharedOptions& here, const SharedOptions& there);

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_SHARED_OPTIONS_H_
