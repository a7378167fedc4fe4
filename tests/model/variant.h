// Variant: the protocol with rules left out. One switch is one rule; all false
// is the design.
#ifndef VIGIL_TESTS_MODEL_VARIANT_H_
#define VIGIL_TESTS_MODEL_VARIANT_H_

#include <span>
#include <string_view>

namespace vigil::model {

struct Variant {
  // Fencing and promotion.
  bool promise_not_durable = false;
  bool position_by_index_only = false;
  bool fence_quorum_too_small = false;
  bool unformed_counts = false;
  bool fuzzy_promoted = false;
  bool leader_promotes_twice = false;
  bool promote_not_tested_again = false;
  bool promote_forgets_its_answer = false;
  bool promote_of_another_leader = false;
  bool epochs_by_number = false;
  bool all_members_rule_for_unformed_only = false;
  // Streams, acknowledgement, commit.
  bool replicas_ignore_epoch = false;
  bool data_raises_no_promise = false;
  bool commit_counts_older_epochs = false;
  bool master_counts_unheld = false;
  bool continue_by_list_of_epochs = false;
  bool sync_without_nonce = false;
  bool full_sync_gives_up_old_log = false;
  // Restart and loss.
  bool restarted_master_resumes = false;
  bool newcomer_keeps_identity = false;
  // Changes of members.
  bool change_in_one_record = false;
  bool two_changes_at_once = false;
  bool change_before_epoch_record = false;
  bool lost_member_consents = false;
  bool newcomers_count = false;
  // Reads.
  bool read_by_earlier_round = false;
  bool read_before_commit = false;
};

struct NamedVariant {
  std::string_view name;
  bool Variant::*rule_left_out;
  std::string_view what;
};

// Every switch of Variant, in its order.
std::span<const NamedVariant> Variants();

// nullptr: there is none of that name.
const NamedVariant* FindVariant(std::string_view name);

}  // namespace vigil::model

#endif  // VIGIL_TESTS_MODEL_VARIANT_H_
