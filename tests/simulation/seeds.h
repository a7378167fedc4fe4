// How many seeds the tests run.
#ifndef VIGIL_TESTS_SIMULATION_SEEDS_H_
#define VIGIL_TESTS_SIMULATION_SEEDS_H_

#include <cstdint>

namespace vigil::simulation {

// With sanitizers a seed takes some ten times as long.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kSlow = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool kSlow = true;
#else
inline constexpr bool kSlow = false;
#endif
#else
inline constexpr bool kSlow = false;
#endif

inline constexpr uint64_t kSeeds = kSlow ? 50 : 1000;
// Within so many each seeded bug is found. (With sanitizers only those that show soon
// are looked for.)
inline constexpr uint64_t kSeedsOfBugMax = kSlow ? 10 : 300;

}  // namespace vigil::simulation

#endif  // VIGIL_TESTS_SIMULATION_SEEDS_H_
