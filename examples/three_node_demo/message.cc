#include "examples/three_node_demo/message.h"

#include "examples/three_node_demo/line_codec.h"

namespace vigil::demo {

std::string Encode(const Command& command) {
  return line_codec::Encode(command);
}

std::string Encode(const Report& report) { return line_codec::Encode(report); }

absl::StatusOr<Command> DecodeCommand(std::string_view line) {
  return line_codec::Decode<Command>(line);
}

absl::StatusOr<Report> DecodeReport(std::string_view line) {
  return line_codec::Decode<Report>(line);
}

}  // namespace vigil::demo
