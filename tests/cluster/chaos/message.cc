#include "tests/cluster/chaos/message.h"

#include "examples/three_node_demo/line_codec.h"

namespace vigil::chaos {

namespace codec = demo::line_codec;

std::string Encode(const Command& command) { return codec::Encode(command); }
std::string Encode(const Report& report) { return codec::Encode(report); }

absl::StatusOr<Command> DecodeCommand(std::string_view line) {
  return codec::Decode<Command>(line);
}
absl::StatusOr<Report> DecodeReport(std::string_view line) {
  return codec::Decode<Report>(line);
}

}  // namespace vigil::chaos
