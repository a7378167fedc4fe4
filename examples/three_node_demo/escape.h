// Any bytes as text without a tab or newline: the two that separate fields and
// lines in the demo's messages and dumps. A backslash escapes: \t \n \\.
#ifndef VIGIL_EXAMPLES_THREE_NODE_DEMO_ESCAPE_H_
#define VIGIL_EXAMPLES_THREE_NODE_DEMO_ESCAPE_H_

#include <optional>
#include <string>
#include <string_view>

namespace vigil::demo {

inline void AppendEscaped(std::string& out, std::string_view raw) {
  for (const char c : raw) {
    switch (c) {
      case '\t':
        out += "\\t";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\\':
        out += "\\\\";
        break;
      default:
        out += c;
    }
  }
}

// nullopt: not something that AppendEscaped wrote.
inline std::optional<std::string> Unescaped(std::string_view text) {
  std::string raw;
  raw.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      raw += text[i];
      continue;
    }
    if (++i == text.size()) return std::nullopt;
    switch (text[i]) {
      case 't':
        raw += '\t';
        break;
      case 'n':
        raw += '\n';
        break;
      case '\\':
        raw += '\\';
        break;
      default:
        return std::nullopt;
    }
  }
  return raw;
}

}  // namespace vigil::demo

#endif  // VIGIL_EXAMPLES_THREE_NODE_DEMO_ESCAPE_H_
