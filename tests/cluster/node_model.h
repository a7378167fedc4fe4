// NodeModel: a node and tests/engine/model_store.h, going through random operations of
// node.h, all of them, with a real disk; and through restarts.
//
// The clock of a node is the system's. So what expires here is over already, or in an
// hour: the model, whose time stands still, has the same keys. (What happens when a time
// comes is in tests/engine/model_test.cc, where the clock is the test's.)
#ifndef VIGIL_TESTS_CLUSTER_NODE_MODEL_H_
#define VIGIL_TESTS_CLUSTER_NODE_MODEL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/random.h"
#include "tests/cluster/live_group.h"
#include "tests/engine/model_mutations.h"
#include "tests/engine/model_store.h"
#include "vigil/vigil.h"

namespace vigil::test {

class NodeModel {
 public:
  explicit NodeModel(uint64_t seed);

  void Step();
  // Closes the node, opens it again, and compares everything.
  void Reopen();

  // What went wrong first, and in which step; empty: nothing.
  const std::string& violation() const { return violation_; }
  uint64_t changes() const { return index_of_.size(); }
  uint64_t refused() const { return refused_; }

 private:
  using Mutation = engine::Mutation;

  Node& node() { return group_.master(); }

  void WriteOne();
  void WriteBatch();
  void DeleteMany();
  void WriteDatabases();
  void ReadOne();
  void ReadMany();
  void ReadDatabase();

  // What node.h can say of a random mutation.
  Mutation NextMutation(bool in_batch);
  Mutation Sayable(Mutation mutation, bool in_batch) const;
  // Done by the node. What the model calls a result.
  absl::StatusOr<engine::MutationResult> Do(const Mutation& mutation,
                                            Receipt& receipt);
  absl::StatusOr<engine::MutationResult> DoExpire(const Mutation& mutation,
                                                  Receipt& receipt);
  void AddTo(Batch& batch, const Mutation& mutation) const;
  WriteOptions HowToWrite(int database);

  // Takes note of where the node put what the model did last, if that was anything.
  void Note(uint64_t last_before, uint64_t index);
  // The node's version for the model's.
  uint64_t VersionOf(uint64_t model_version) const;
  const engine::ModelEntry* Find(int database, std::string_view key) const {
    return model_.Find(database, key, now_ms_);
  }
  std::string Compare(const std::optional<Value>& actual,
                      const engine::ModelEntry* expected) const;
  void CompareWhole(int database);
  // `wrong`: empty if nothing is.
  void Blame(const std::string& what, const std::string& wrong);
  void Check(const std::string& what, bool holds) {
    Blame(what, holds ? "" : "wrong");
  }

  const int64_t now_ms_;  // of the model
  LiveGroup group_;
  engine::ModelStore model_;
  Random random_;
  engine::MutationMaker maker_;
  std::vector<uint64_t> index_of_;  // the node's, for the model's 1, 2, ...
  uint64_t step_ = 0;
  uint64_t refused_ = 0;
  std::string violation_;
};

}  // namespace vigil::test

#endif  // VIGIL_TESTS_CLUSTER_NODE_MODEL_H_
