// LineBuffer: bytes in, as a pipe delivers them; whole lines out.
#ifndef VIGIL_EXAMPLES_THREE_NODE_DEMO_LINE_BUFFER_H_
#define VIGIL_EXAMPLES_THREE_NODE_DEMO_LINE_BUFFER_H_

#include <optional>
#include <string>
#include <string_view>

namespace vigil::demo {

class LineBuffer {
 public:
  void Append(std::string_view bytes) { bytes_ += bytes; }

  // The next whole line without its newline, valid until Append; nullopt if
  // none is complete. What a killed writer left unfinished is never a line.
  std::optional<std::string_view> Next() {
    const size_t end = bytes_.find('\n', begin_);
    if (end == std::string::npos) {
      // Once per batch of lines, not per line: erasing moves the rest.
      bytes_.erase(0, begin_);
      begin_ = 0;
      return std::nullopt;
    }
    const std::string_view line(bytes_.data() + begin_, end - begin_);
    begin_ = end + 1;
    return line;
  }

 private:
  std::string bytes_;
  size_t begin_ = 0;  // of the first line that was not handed out
};

}  // namespace vigil::demo

#endif  // VIGIL_EXAMPLES_THREE_NODE_DEMO_LINE_BUFFER_H_
