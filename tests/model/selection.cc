#include "tests/model/selection.h"

namespace vigil::model {
namespace {

bool Has(Members set, int member) { return set >> member & 1; }

class Selector {
 public:
  Selector(const Model& model, const Answers& answers)
      : model_(model), answers_(answers) {}

  template <typename Condition>
  Members Where(Members among, Condition condition) const {
    Members found = 0;
    for (int i = 0; i < kMembers; ++i) {
      if (Has(among, i) && answers_[i].given && condition(answers_[i])) {
        found |= 1 << i;
      }
    }
    return found;
  }

  // "Choose: greatest (epoch, index)."
  Position GreatestOf(Members among) const {
    Position greatest;
    for (int i = 0; i < kMembers; ++i) {
      if (Has(among, i) && answers_[i].given &&
          !Reaches(greatest, answers_[i].position)) {
        greatest = answers_[i].position;
      }
    }
    return greatest;
  }

  bool Reaches(Position position, Position other) const {
    return model_.variant.position_by_index_only
               ? position.index() >= other.index()
               : position >= other;
  }

  // "A memory-only member in mid-sync counts towards F with its last exact
  // position but cannot be promoted, and the chosen one must be at or above."
  Members ExactAt(Members among, Position greatest) const {
    return Where(among, [&](const Answer& answer) {
      return (answer.exact || model_.variant.fuzzy_promoted) &&
             Reaches(answer.position, greatest);
    });
  }

 private:
  const Model& model_;
  const Answers& answers_;
};

}  // namespace

Selection Select(const Model& model, const State& state,
                 const Answers& answers) {
  const Selector selector(model, answers);
  const Variant& variant = model.variant;
  constexpr Members kEverybody = (1 << kMembers) - 1;

  // "A leader uses the configuration in the log with the greatest position,
  // never one it remembers." Equal positions, equal prefixes.
  Selection selection;
  const Position newest = selector.GreatestOf(kEverybody);
  selection.configuration = model.ConfigurationOf(
      state.streams[newest.epoch()].Prefix(newest.index()));
  const Members all = selection.configuration.all();

  // "Unformed nodes do not count towards F."
  const Members formed = selector.Where(all, [&](const Answer& answer) {
    return answer.formed || variant.unformed_counts;
  });
  if (model.FenceQuorum(selection.configuration, formed)) {
    // "Replies of newcomers neither count nor raise the greatest position."
    const Position greatest =
        selector.GreatestOf(variant.newcomers_count ? kEverybody : formed);
    selection.eligible = selector.ExactAt(formed, greatest);
    return selection;
  }

  // "When fewer than F members are formed but all N have promised e, the
  // leader may take the greatest position among all N; if a formed member
  // exists it is the one promoted, after it copied the missing tail."
  const Members given = selector.Where(all, [](const Answer&) { return true; });
  if (given != all) return selection;
  if (variant.all_members_rule_for_unformed_only && formed != 0) {
    return selection;
  }
  selection.all_members = true;
  const Position greatest = selector.GreatestOf(all);
  selection.holders = selector.ExactAt(all, greatest);
  selection.eligible =
      formed != 0 ? selection.holders & formed : selection.holders;
  if (selection.eligible == 0 && selection.holders != 0) {
    selection.after_copy = selector.ExactAt(formed, Position{});
  }
  return selection;
}

}  // namespace vigil::model
