#include "tests/benchmarks/replicated.h"

#include <iostream>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "examples/three_node_demo/free_port.h"
#include "tests/benchmarks/must.h"
#include "tests/benchmarks/ours.h"

namespace vigil::bench {

std::vector<member::MemberOptions> GroupOptions(int members,
                                                const std::string& dir) {
  const std::vector<int> ports = Must(demo::FreePorts(members));
  std::string list;
  std::vector<member::MemberOptions> all(static_cast<size_t>(members));
  for (size_t i = 0; i < all.size(); ++i) {
    all[i].node = std::string(1, static_cast<char>('a' + i));
    if (!dir.empty()) all[i].data_dir = absl::StrCat(dir, "/", all[i].node);
    all[i].priority = i == 0 ? 1 : 1000;
    absl::StrAppend(&list, i == 0 ? "" : ",", all[i].node,
                    "=127.0.0.1:", ports[i]);
  }
  for (member::MemberOptions& each : all) each.members = list;
  return all;
}

Replicated::Replicated(int replicas, const std::string& parent, bool on_disk,
                       const Change& change)
    : dir_(parent) {
  std::vector<member::MemberOptions> all =
      GroupOptions(1 + replicas, on_disk ? dir_.path() : "");
  if (change) {
    for (member::MemberOptions& each : all) change(each);
  }
  // Processes first: this one has one thread yet.
  for (size_t i = 1; i < all.size(); ++i) {
    replicas_.push_back(std::make_unique<MemberProcess>(
        all[i], absl::StrCat(dir_.path(), "/", all[i].node, ".log")));
  }
  Options options = member::ToOptions(all[0]);
  options.logger = [](LogSeverity severity, std::string_view line) {
    if (severity == LogSeverity::kWarning) std::cerr << line << std::endl;
  };
  master_ = OpenMaster(options);
  AwaitLevel();
}

void Replicated::AwaitLevel() {
  if (replicas_.empty()) return;
  const auto marked = master_->Set("level", "");
  Must(marked.status());
  Must(master_
           ->Wait(marked->receipt,
                  Ack::Replicas(static_cast<int>(replicas_.size())),
                  absl::Seconds(120))
           .status());
}

}  // namespace vigil::bench
