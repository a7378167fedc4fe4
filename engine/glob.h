// Glob: the patterns of Redis' KEYS and SCAN.
//
//   *       anything, nothing included        [abc]    one of these
//   ?       any one byte                      [^a-z]   none of these
//   \\x      x itself
#ifndef VIGIL_ENGINE_GLOB_H_
#define VIGIL_ENGINE_GLOB_H_

#include <string_view>

namespace vigil::engine {

// Takes time of pattern x text at worst. An unfinished class or escape at the end
// stands for what it would if it ended there. Bytes are compared as unsigned numbers
// (in Redis as the machine's char).
bool GlobMatches(std::string_view pattern, std::string_view text);

}  // namespace vigil::engine

#endif  // VIGIL_ENGINE_GLOB_H_
