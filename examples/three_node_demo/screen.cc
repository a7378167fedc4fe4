#include "examples/three_node_demo/screen.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "examples/three_node_demo/mono_ns.h"

namespace vigil::demo {
namespace {

constexpr size_t kEventsShown = 12;
constexpr int64_t kRedrawNs = 200'000'000;
constexpr int64_t kAppendNs = 1'000'000'000;

size_t TerminalColumns() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
    return 80;
  return size.ws_col;
}

std::string StatesOf(const std::vector<NodeRow>& rows) {
  std::string states;
  for (const NodeRow& row : rows) {
    absl::StrAppend(&states, row.role, " ", row.epoch, " ", row.state, ";");
  }
  return states;
}

}  // namespace

std::vector<std::string> RenderTable(const std::vector<NodeRow>& rows) {
  std::vector<std::string> lines{
      absl::StrFormat("%-4s %-8s %5s %10s %6s  %-15s %9s %9s", "node", "role",
                      "epoch", "index", "lag", "state", "reads/s", "writes/s")};
  for (const NodeRow& row : rows) {
    lines.push_back(absl::StrFormat("%-4s %-8s %5d %10d %6d  %-15s %9d %9d",
                                    row.name, row.role, row.epoch, row.index,
                                    row.lag, row.state, row.reads_per_second,
                                    row.writes_per_second));
  }
  return lines;
}

Screen::Screen(bool plain)
    : redraws_(!plain && isatty(STDOUT_FILENO) == 1), start_ns_(MonoNs()) {}

void Screen::Print(const std::string& line) {
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fputc('\n', stdout);
  std::fflush(stdout);
}

std::string Screen::Stamped(const std::string& text) const {
  return absl::StrFormat("%8.3f  %s",
                         static_cast<double>(MonoNs() - start_ns_) / 1e9, text);
}

void Screen::Headline(const std::string& text) {
  headline_ = text;
  if (redraws_) {
    drawn_ns_ = 0;  // at once
  } else {
    Print(absl::StrCat("== ", text));
  }
}

void Screen::Event(const std::string& text) {
  const std::string line = Stamped(text);
  if (!redraws_) {
    Print(line);
    return;
  }
  events_.push_back(line);
  if (events_.size() > kEventsShown) events_.pop_front();
}

void Screen::Nodes(const std::vector<NodeRow>& rows) {
  if (finished_) return;
  const int64_t now = MonoNs();
  if (redraws_) {
    if (now - drawn_ns_ < kRedrawNs) return;
    Redraw(rows);
  } else {
    const std::string states = StatesOf(rows);
    if (states == drawn_states_ && now - drawn_ns_ < kAppendNs) return;
    for (const std::string& line : RenderTable(rows)) Print(line);
    drawn_states_ = states;
  }
  drawn_ns_ = now;
}

void Screen::Redraw(const std::vector<NodeRow>& rows) {
  std::vector<std::string> lines{headline_, ""};
  for (std::string& line : RenderTable(rows)) lines.push_back(std::move(line));
  lines.push_back("");
  lines.insert(lines.end(), events_.begin(), events_.end());

  // Up to the first line of the old picture, and erase from there. A line that
  // wrapped would make the count wrong, so none may.
  std::string out;
  if (lines_drawn_ > 0) absl::StrAppend(&out, "\x1b[", lines_drawn_, "A");
  out += "\r\x1b[J";
  const size_t columns = TerminalColumns();
  for (const std::string& line : lines) {
    absl::StrAppend(&out, line.substr(0, columns - 1), "\n");
  }
  std::fwrite(out.data(), 1, out.size(), stdout);
  std::fflush(stdout);
  lines_drawn_ = lines.size();
}

void Screen::Finish(const std::vector<NodeRow>& rows) {
  if (redraws_) Redraw(rows);
  finished_ = true;
}

}  // namespace vigil::demo
