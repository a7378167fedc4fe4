// Replicated: a node of this process, which is the master, and its replicas in processes
// of their own, over TCP on the loopback device: what "with two replicas on the same two
// cores" means.
//
// Thread-safety: none; one thread, which must live as long as this object.
// Lifetime: the destructor ends all of them.
#ifndef VIGIL_TESTS_BENCHMARKS_REPLICATED_H_
#define VIGIL_TESTS_BENCHMARKS_REPLICATED_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/benchmarks/member_options.h"
#include "tests/benchmarks/member_process.h"
#include "tests/support/temp_dir.h"
#include "vigil/vigil.h"

namespace vigil::bench {

// What each of a group of members is told: names, addresses on free ports, directories
// below `dir` unless that is empty. The first is to be the first master.
std::vector<member::MemberOptions> GroupOptions(int members,
                                                const std::string& dir);

class Replicated {
 public:
  using Change = std::function<void(member::MemberOptions&)>;

  // `parent`: where data and logs go. `on_disk`: every member has a directory. `change`:
  // what all of them are told differently. Returns when all replicas follow.
  Replicated(int replicas, const std::string& parent, bool on_disk,
             const Change& change = {});

  Node& master() { return *master_; }
  MemberProcess& replica(size_t i) { return *replicas_[i]; }
  size_t replicas() const { return replicas_.size(); }
  // Waits until every replica holds everything.
  void AwaitLevel();

 private:
  const TempDir dir_;
  std::vector<std::unique_ptr<MemberProcess>> replicas_;
  std::unique_ptr<Node> master_;
};

}  // namespace vigil::bench

#endif  // VIGIL_TESTS_BENCHMARKS_REPLICATED_H_
