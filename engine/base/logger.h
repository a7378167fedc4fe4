// Where a node says what it does. There is no global logger: each node has the
// one that its options name, so several nodes live in one process.
#ifndef VIGIL_ENGINE_BASE_LOGGER_H_
#define VIGIL_ENGINE_BASE_LOGGER_H_

#include <functional>
#include <string_view>

namespace vigil {

enum class LogLevel {
  kDebug,
  kNotice,
  kWarning
};  // Redis' levels, less verbose

// Called from any thread of the node, one line at a time without its newline.
// Must be thread-safe and must not call the node. Empty: nothing is logged.
using Logger = std::function<void(LogLevel, std::string_view)>;

inline void Log(const Logger& logger, LogLevel level, std::string_view line) {
  if (logger) logger(level, line);
}

}  // namespace vigil

#endif  // VIGIL_ENGINE_BASE_LOGGER_H_
