// Runs every testdata/*.txt: conversations of sentinels in virtual time, with the event
// lines that must come of them. testdata/README.md is the language.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/sentinel/sim_cluster.h"

namespace vigil::sentinel {
namespace {

std::filesystem::path Folder() {
  return std::filesystem::path(VIGIL_SOURCE_DIR) / "tests/sentinel/testdata";
}

std::vector<std::string> Scripts() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(Folder())) {
    if (entry.path().extension() == ".txt")
      names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

using Words = std::vector<std::string>;

Topic TopicNamed(const std::string& name) {
  if (name == "fence") return Topic::kFence;
  if (name == "promote") return Topic::kPromote;
  if (name == "vote") return Topic::kVote;
  return Topic::kReplicaOf;
}

class Script {
 public:
  // Empty: passed. Else what went wrong.
  std::string Run(std::istream& lines) {
    std::string line;
    for (int number = 1; std::getline(lines, line); ++number) {
      line = line.substr(0, line.find('#') == 0 ? 0 : line.find(" #  "));
      Words words = absl::StrSplit(line, ' ', absl::SkipEmpty());
      if (words.empty()) continue;
      std::string error = words[0] == "at" ? At(words) : Set(words);
      if (error.empty() && cluster_ != nullptr) error = cluster_->violation();
      if (!error.empty()) {
        return absl::StrCat("line ", number, ": ", line, "\n  ", error, "\n",
                            cluster_ == nullptr ? "" : cluster_->LogText());
      }
    }
    return "";
  }

 private:
  std::string Set(const Words& words) {
    const std::string& value = words.size() > 1 ? words[1] : "";
    if (words[0] == "nodes") {
      settings_.names.assign(words.begin() + 1, words.end());
      return "";
    }
    if (words[0] == "down_after") return Parse(value, &settings_.down_after);
    if (words[0] == "failover_timeout")
      return Parse(value, &settings_.failover_timeout);
    if (words[0] == "fast_fail") {
      settings_.fast_fail = value == "on";
      return "";
    }
    if (words[0] == "quorum" && absl::SimpleAtoi(value, &settings_.quorum))
      return "";
    if (words[0] == "seed" && absl::SimpleAtoi(value, &settings_.seed))
      return "";
    return "unknown setting";
  }

  std::string Parse(const std::string& text, absl::Duration* duration) {
    return absl::ParseDuration(text, duration) ? "" : "not a duration";
  }

  std::string At(const Words& words) {
    if (cluster_ == nullptr) cluster_ = std::make_unique<SimCluster>(settings_);
    absl::Duration at;
    if (words.size() < 3 || !absl::ParseDuration(words[1], &at))
      return "malformed";
    if (MonoTime{} + at < cluster_->now()) return "goes back in time";
    cluster_->RunUntil(MonoTime{} + at);
    const Words arguments(words.begin() + 3, words.end());
    if (std::optional<std::string> error = Expectation(words[2], arguments))
      return *error;
    return Command(words[2], arguments) ? "" : "unknown command";
  }

  bool Command(const std::string& command, const Words& names) {
    const auto each = [&](auto act) {
      for (const std::string& name : names) act(name);
      return true;
    };
    if (command == "start") return each([&](auto& n) { cluster_->Start(n); });
    if (command == "kill") return each([&](auto& n) { cluster_->Kill(n); });
    if (command == "pause") return each([&](auto& n) { cluster_->Pause(n); });
    if (command == "resume") return each([&](auto& n) { cluster_->Resume(n); });
    if (command == "wipe") return each([&](auto& n) { cluster_->Wipe(n); });
    if (command == "lose-tail") {
      return each([&](auto& n) { cluster_->member(n).LoseTail(3); });
    }
    if (command == "break-disk") {
      return each([&](auto& n) { cluster_->member(n).SetHealthy(false); });
    }
    if (command == "fail-saves")
      return each([&](auto& n) { cluster_->FailSaves(n); });
    if (command == "heal") return cluster_->Heal(), true;
    if (command == "mark") return Mark();
    if (command == "partition") return Partition(names);
    if (command == "kill-asker-of")
      return cluster_->KillNextAsker(TopicNamed(names[0])), true;
    if (command == "lose-answers-to") {
      return cluster_->LoseAnswersTo(TopicNamed(names[0])), true;
    }
    if (command == "lose-no-answers") return cluster_->LoseAnswersTo({}), true;
    if (command == "write")
      return cluster_->Write(names[0], std::stoi(names[1])), true;
    if (command == "stranger-pings") {
      cluster_->AskFromOutside(names[0], {"other", "x", NodeId{9}, Ping{}});
      return true;
    }
    return false;
  }

  bool Partition(const Words& names) {
    std::vector<std::set<std::string>> groups(1);
    for (const std::string& name : names) {
      if (name == "|") {
        groups.emplace_back();
      } else {
        groups.back().insert(name);
      }
    }
    cluster_->Partition(groups);
    return true;
  }

  bool Mark() {
    mark_ = cluster_->log().size();
    return true;
  }

  // nullopt: not an expectation.
  std::optional<std::string> Expectation(const std::string& what,
                                         const Words& words) {
    const std::string text = absl::StrJoin(words, " ");
    if (what == "expect") return Expect(text);
    if (what == "never") return Never(text);
    const std::string master = cluster_->SettledMaster().value_or("nobody");
    if (what == "expect-master") return Equal(master, text);
    if (what == "expect-some-master")
      return master != "nobody" ? "" : "nobody is master";
    if (what == "expect-promotions")
      return Equal(absl::StrCat(cluster_->promotions()), text);
    if (what == "expect-follows")
      return Equal(cluster_->member(words[0]).master(), words[1]);
    if (what == "expect-epoch") {
      return Equal(absl::StrCat(cluster_->status(words[0]).epoch), words[1]);
    }
    return std::nullopt;
  }

  static std::string Equal(const std::string& is, const std::string& should) {
    return is == should ? "" : absl::StrCat("it is ", is);
  }

  static bool Matches(const SimCluster::Line& line,
                      const std::string& pattern) {
    const std::string any = absl::StrCat("* ", line.text);
    const std::string own = absl::StrCat(line.node, " ", line.text);
    return any.rfind(pattern, 0) == 0 || own.rfind(pattern, 0) == 0;
  }

  // In order of each node; "*" has an order of its own.
  std::string Expect(const std::string& pattern) {
    const auto& log = cluster_->log();
    size_t& cursor = cursors_[pattern.substr(0, pattern.find(' '))];
    for (size_t i = std::max(cursor, mark_); i < log.size(); ++i) {
      if (!Matches(log[i], pattern)) continue;
      cursor = i + 1;
      return "";
    }
    return "no such line after the last expected one";
  }

  std::string Never(const std::string& pattern) {
    const auto& log = cluster_->log();
    for (size_t i = mark_; i < log.size(); ++i) {
      if (Matches(log[i], pattern))
        return absl::StrCat("there is: ", log[i].text);
    }
    return "";
  }

  SimCluster::Settings settings_;
  std::unique_ptr<SimCluster> cluster_;
  std::map<std::string, size_t> cursors_;
  size_t mark_ = 0;
};

class ScriptTest : public testing::TestWithParam<std::string> {};

TEST_P(ScriptTest, Plays) {
  std::ifstream lines(Folder() / absl::StrCat(GetParam(), ".txt"));
  ASSERT_TRUE(lines.good());
  const std::string error = Script().Run(lines);
  if (!error.empty()) ADD_FAILURE() << error;
}

INSTANTIATE_TEST_SUITE_P(Scripts, ScriptTest, testing::ValuesIn(Scripts()),
                         [](const auto& script) { return script.param; });

}  // namespace
}  // namespace vigil::sentinel
