#include "tests/model/cases.h"

namespace vigil::model {
namespace {

constexpr Case kCases[] = {
    {"pair", ""},
    {"three", ""},
    {"three_kill", ""},
    {"three_power", ""},
    {"three_wipe", ""},
    {"three_epochs", ""},
    {"four", ""},
    {"four_power", ""},
    {"rivals_pair", ""},
    {"rivals_three", ""},
    {"rivals_four", ""},
    {"bootstrap", ""},
    {"blackout", ""},
    {"full_sync", ""},
    {"newcomer", ""},
    {"reads", ""},
    {"grow_pair", ""},
    {"grow_pair_power", ""},
    {"grow_three", ""},
    {"shrink_three", ""},
    {"shrink_four", ""},
    {"replace", ""},
    {"replace_pair", ""},
    {"two_changes", ""},
    {"raft_changes", ""},

    {"three_kill", "promise_not_durable", Violation::kLostWrite, 7},
    {"three", "position_by_index_only", Violation::kLostWrite, 10},
    {"three", "fence_quorum_too_small", Violation::kLostWrite, 5},
    {"three_power", "unformed_counts", Violation::kUnformedMaster, 5},
    {"full_sync", "fuzzy_promoted", Violation::kLostWrite, 6},
    {"three", "leader_promotes_twice", Violation::kTwoMasters, 6},
    {"three_power", "promote_not_tested_again", Violation::kUnformedMaster, 5},
    {"blackout", "promote_forgets_its_answer", Violation::kTwoMasters, 8},
    {"rivals_three", "promote_of_another_leader", Violation::kLostWrite, 9},
    {"rivals_pair", "epochs_by_number", Violation::kTwoMasters, 6},
    {"rivals_four", "epochs_by_number", Violation::kTwoMasters, 8},
    {"bootstrap", "all_members_rule_for_unformed_only", Violation::kNoWayOn, 6},
    {"blackout", "all_members_rule_for_unformed_only", Violation::kNoWayOn, 2},
    {"three", "replicas_ignore_epoch", Violation::kLostWrite, 6},
    {"three", "data_raises_no_promise", Violation::kLostWrite, 10},
    {"three_epochs", "commit_counts_older_epochs", Violation::kLostWrite, 14},
    {"three_kill", "master_counts_unheld", Violation::kLostWrite, 7},
    {"three", "continue_by_list_of_epochs", Violation::kTwoContents, 7},
    {"three_power", "sync_without_nonce", Violation::kLostWrite, 10},
    {"three_wipe", "full_sync_gives_up_old_log", Violation::kNoWayOn, 3},
    {"three_kill", "restarted_master_resumes", Violation::kTwoContents, 6},
    {"three_wipe", "newcomer_keeps_identity", Violation::kLostWrite, 8},
    {"grow_pair", "change_in_one_record", Violation::kLostWrite, 5},
    {"shrink_three", "change_in_one_record", Violation::kLostWrite, 8},
    {"replace", "change_in_one_record", Violation::kLostWrite, 6},
    {"two_changes", "two_changes_at_once", Violation::kLostWrite, 7},
    {"raft_changes", "change_before_epoch_record", Violation::kLostWrite, 12},
    {"replace_pair", "lost_member_consents", Violation::kLostWrite, 6},
    {"newcomer", "newcomers_count", Violation::kNoWayOn, 3},
    {"reads", "read_by_earlier_round", Violation::kStaleRead, 9},
    {"reads", "read_before_commit", Violation::kLostWrite, 8},
};

}  // namespace

std::span<const Case> Cases() { return kCases; }

Model ModelOf(std::string_view scope, std::string_view variant) {
  Model model{.scope = *FindScope(scope)};
  if (!variant.empty()) {
    model.variant.*FindVariant(variant)->rule_left_out = true;
  }
  return model;
}

}  // namespace vigil::model
