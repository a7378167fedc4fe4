// The codec of messages that are lines: a verb and its fields, separated by tabs, any
// byte allowed in a field. A message is a struct that names its verb and its fields:
//
//   struct Dump {
//     static constexpr std::string_view kVerb = "dump";
//     std::string path;
//     static constexpr auto Fields() { return std::tuple(&Dump::path); }
//   };
#ifndef VIGIL_EXAMPLES_THREE_NODE_DEMO_LINE_CODEC_H_
#define VIGIL_EXAMPLES_THREE_NODE_DEMO_LINE_CODEC_H_

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "examples/three_node_demo/escape.h"

namespace vigil::demo::line_codec {

inline void Append(std::string& line, const std::string& field) {
  AppendEscaped(line, field);
}
template <typename Number>
requires std::is_arithmetic_v<Number>
void Append(std::string& line, Number field) { line += std::to_string(field); }

inline bool Parse(std::string_view text, std::string& field) {
  std::optional<std::string> raw = Unescaped(text);
  if (raw) field = *std::move(raw);
  return raw.has_value();
}
inline bool Parse(std::string_view text, bool& field) {
  field = text == "1";
  return field || text == "0";
}
template <typename Number>
bool Parse(std::string_view text, Number& field) {
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, field);
  return error == std::errc() && rest == end;
}

template <typename Message>
std::string EncodeOne(const Message& message) {
  std::string line(Message::kVerb);
  std::apply(
      [&](auto... field) {
        ((line += '\t', Append(line, message.*field)), ...);
      },
      Message::Fields());
  line += '\n';
  return line;
}

inline std::vector<std::string_view> SplitAtTabs(std::string_view line) {
  std::vector<std::string_view> parts;
  for (size_t tab; (tab = line.find('\t')) != std::string_view::npos;) {
    parts.push_back(line.substr(0, tab));
    line.remove_prefix(tab + 1);
  }
  parts.push_back(line);
  return parts;
}

template <typename Message>
std::optional<Message> DecodeOne(const std::vector<std::string_view>& parts) {
  constexpr size_t kFields = std::tuple_size_v<decltype(Message::Fields())>;
  if (parts[0] != Message::kVerb || parts.size() != kFields + 1)
    return std::nullopt;
  Message message;
  size_t next = 1;
  const bool valid = std::apply(
      [&](auto... field) {
        return (Parse(parts[next++], message.*field) && ...);
      },
      Message::Fields());
  if (!valid) return std::nullopt;
  return message;
}

// Tries the alternatives in turn: verbs are distinct, so at most one fits.
template <typename... Messages>
absl::StatusOr<std::variant<Messages...>> DecodeAny(
    std::string_view line, std::type_identity<std::variant<Messages...>>) {
  const std::vector<std::string_view> parts = SplitAtTabs(line);
  std::optional<std::variant<Messages...>> found;
  const auto try_one = [&](auto decoded) {
    if (decoded) found.emplace(*std::move(decoded));
    return found.has_value();
  };
  if ((try_one(DecodeOne<Messages>(parts)) || ...)) return *std::move(found);
  return absl::InvalidArgumentError(
      absl::StrFormat("not a message: \"%s\"", line.substr(0, 200)));
}

// One line with its newline.
template <typename... Messages>
std::string Encode(const std::variant<Messages...>& message) {
  return std::visit([](const auto& m) { return EncodeOne(m); }, message);
}

// One line without its newline. kInvalidArgument shows the line.
template <typename Variant>
absl::StatusOr<Variant> Decode(std::string_view line) {
  return DecodeAny(line, std::type_identity<Variant>());
}

}  // namespace vigil::demo::line_codec

#endif  // VIGIL_EXAMPLES_THREE_NODE_DEMO_LINE_CODEC_H_
