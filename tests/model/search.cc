#include "tests/model/search.h"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <deque>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "tests/model/invariants.h"
#include "tests/model/progress.h"
#include "tests/model/rules.h"

namespace vigil::model {
namespace {

using Index = uint32_t;

// The states in the order in which they were found, each once.
class States {
 public:
  States() : seen_(0, Hash{&all_}, Equal{&all_}) {}

  // False: it was there.
  bool Insert(const State& state, Index parent) {
    if (seen_.contains(state)) return false;
    all_.push_back(state);
    parents_.push_back(parent);
    seen_.insert(static_cast<Index>(all_.size() - 1));
    return true;
  }

  size_t size() const { return all_.size(); }
  const State& operator[](Index i) const { return all_[i]; }

  // From the first state to number `i`.
  std::vector<State> PathTo(Index i) const {
    std::vector<State> path = {all_[i]};
    for (; i != 0; i = parents_[i]) path.push_back(all_[parents_[i]]);
    std::reverse(path.begin(), path.end());
    return path;
  }

 private:
  struct Hash {
    using is_transparent = void;
    const std::deque<State>* all;
    size_t operator()(Index i) const { return (*this)((*all)[i]); }
    size_t operator()(const State& s) const { return absl::Hash<State>{}(s); }
  };
  struct Equal {
    using is_transparent = void;
    const std::deque<State>* all;
    bool operator()(Index a, Index b) const { return a == b; }
    bool operator()(Index a, const State& b) const { return (*all)[a] == b; }
    bool operator()(const State& a, Index b) const { return a == (*all)[b]; }
  };

  std::deque<State> all_;
  std::vector<Index> parents_;
  absl::flat_hash_set<Index, Hash, Equal> seen_;
};

class Searcher {
 public:
  Searcher(const Model& model, size_t states_max)
      : model_(model), states_max_(states_max) {}

  Result Run() {
    State start = model_.Initial();
    prefix_ = Prefix(start);
    if (!prefix_.empty()) start = prefix_.back().second;
    start_ = start;
    states_.Insert(Normal(start), 0);
    size_t level_end = 1;
    for (Index i = 0; i < states_.size(); ++i) {
      if (i == level_end) {
        level_end = states_.size();
        ++result_.depth;
      }
      if (Expand(i)) return Finish();
      if (states_.size() > states_max_) return Finish();
    }
    result_.exhausted = true;
    return Finish();
  }

 private:
  // Neighbours that every membership treats alike are sorted.
  State Normal(State state) const {
    const Scope& scope = model_.scope;
    for (int from = 0; from < scope.nodes;) {
      int to = from + 1;
      while (to < scope.nodes && scope.Alike(from, to)) ++to;
      state.Sort(from, to);
      from = to;
    }
    return state;
  }

  Violation Judge(const State& state) const {
    const Violation violation = Check(model_, state);
    if (violation != Violation::kNone || !model_.scope.progress) {
      return violation;
    }
    return CanGoOn(model_, state) ? Violation::kNone : Violation::kNoWayOn;
  }

  // The steps that the scope begins with.
  std::vector<Moves::Move> Prefix(const State& start) const {
    std::vector<Moves::Move> done;
    State at = start;
    for (const Step& step : model_.scope.prefix) {
      Moves moves;
      AddMoves(model_, at, moves);
      const auto move = std::find_if(
          moves.all().begin(), moves.all().end(),
          [&](const Moves::Move& each) { return each.first == step; });
      assert(move != moves.all().end());  // a scope that is not one
      done.push_back(*move);
      at = move->second;
    }
    return done;
  }

  // True: a violation.
  bool Expand(Index i) {
    moves_.clear();
    const State from = states_[i];
    AddMoves(model_, from, moves_);
    for (const Moves::Move& move : moves_.all()) {
      if (!states_.Insert(Normal(move.second), i)) continue;
      result_.violation = Judge(move.second);
      if (result_.violation == Violation::kNone) continue;
      ++result_.depth;
      result_.trace =
          Replay(states_.PathTo(static_cast<Index>(states_.size() - 1)));
      return true;
    }
    return false;
  }

  // The same path with one name for each node: normal states are sorted, and
  // what is B in one of them may be C in the next.
  std::vector<Moves::Move> Replay(const std::vector<State>& path) const {
    std::vector<Moves::Move> trace = prefix_;
    State at = start_;
    for (size_t i = 1; i < path.size(); ++i) {
      Moves moves;
      AddMoves(model_, at, moves);
      const auto move = std::find_if(moves.all().begin(), moves.all().end(),
                                     [&](const Moves::Move& each) {
                                       return Normal(each.second) == path[i];
                                     });
      trace.push_back(*move);
      at = move->second;
    }
    return trace;
  }

  Result Finish() {
    result_.states = states_.size();
    result_.depth += static_cast<int>(prefix_.size());
    return std::move(result_);
  }

  const Model& model_;
  const size_t states_max_;
  States states_;
  Moves moves_;
  std::vector<Moves::Move> prefix_;
  State start_;
  Result result_;
};

}  // namespace

Result Search(const Model& model, size_t states_max) {
  return Searcher(model, states_max).Run();
}

}  // namespace vigil::model
