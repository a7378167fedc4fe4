// Accounts: every write that was tried and what was promised of it, and whether the data
// and the files of dropped writes keep that promise, each write for itself.
//
//   acknowledged     kQuorum, kCount  is in the data, or a later one of its key is
//                    kDisk            likewise, or it is in a file
//                    kMemory          likewise, or it went with a process (deaths.h)
//   unknown          may be in the data, in a file, or nowhere
//   refused          is nowhere
//
// So two numbers are counted apart and must be equal: *reported*, the acknowledged writes
// that the files have, and *measured*, those that the data lack and no death explains.
// (Writes that were dropped and whose key was written again later cannot be measured; they
// are counted apart.) What a file says must be what was written: key, value and place in
// the log. A forwarded write whose answer was lost may have been done twice, and once
// taken back: such a *copy* has an older epoch than the receipt.
//
// Pure. Thread-safety: none.
#ifndef VIGIL_TESTS_CLUSTER_CHAOS_ACCOUNTS_H_
#define VIGIL_TESTS_CLUSTER_CHAOS_ACCOUNTS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "tests/cluster/chaos/deaths.h"
#include "tests/cluster/chaos/write.h"

namespace vigil::chaos {

// What a node's data have of a key.
struct Present {
  std::string key;
  std::string value;
  uint64_t version = 0;
};

// What a node's files of dropped writes have.
struct Dropped {
  int node = 0;
  std::string key;
  std::string value;
  uint64_t epoch = 0;
  uint64_t index = 0;
};

struct Balance {
  uint64_t operations = 0;  // writes that were tried
  uint64_t acknowledged = 0;
  uint64_t refused = 0;
  uint64_t unknown = 0;
  uint64_t lost = 0;      // acknowledged by a quorum, and not there
  uint64_t reported = 0;  // acknowledged below, and in a file
  uint64_t measured = 0;  // and not in the data
  uint64_t reported_unknown =
      0;  // in a file, of unknown outcome, or a copy, or overwritten
  uint64_t gone_with_process = 0;
  std::vector<std::string> violations;  // of whatever kind, in words

  bool holds() const {
    return violations.empty() && lost == 0 && reported == measured;
  }
};

class Accounts {
 public:
  void OnTried(const std::string& key, uint64_t number, Promise promise);
  // `epoch` and `index`: of the receipt; 0: there is none.
  void OnAnswered(const std::string& key, uint64_t number, Outcome outcome,
                  uint64_t epoch, uint64_t index);

  // REQUIRES: no write is under way. `data`: of any node, since all are equal.
  Balance Check(const std::vector<Present>& data,
                const std::vector<Dropped>& dropped,
                const Deaths& deaths) const;

 private:
  struct Write {
    Promise promise = Promise::kMemory;
    Outcome outcome = Outcome::kUnknown;
    uint64_t epoch = 0;
    uint64_t index = 0;
  };
  using History = std::map<uint64_t, Write>;  // of a key, by number
  class Audit;

  absl::flat_hash_map<std::string, History> keys_;
};

}  // namespace vigil::chaos

#endif  // VIGIL_TESTS_CLUSTER_CHAOS_ACCOUNTS_H_
