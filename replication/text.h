// Text: the form in which small states are kept: lines of a word and its
// values. Readable in a debugger and in a hex dump; integrity is the storage's
// business.
#ifndef VIGIL_REPLICATION_TEXT_H_
#define VIGIL_REPLICATION_TEXT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "replication/position.h"

namespace vigil::replication {

// The words of each line that has any.
std::vector<std::vector<std::string>> SplitLines(std::string_view text);

std::optional<uint64_t> ParseNumber(std::string_view word);
std::optional<uint64_t> ParseHex(std::string_view word);
// From "number.leader", as ToString writes it.
std::optional<Epoch> ParseEpoch(std::string_view word);

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_TEXT_H_
