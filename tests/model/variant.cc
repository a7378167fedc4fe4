#include "tests/model/variant.h"

namespace vigil::model {
namespace {

constexpr NamedVariant kVariants[] = {
    {"promise_not_durable", &Variant::promise_not_durable,
     "a restart forgets the promise"},
    {"position_by_index_only", &Variant::position_by_index_only,
     "the leader compares indexes without their epochs"},
    {"fence_quorum_too_small", &Variant::fence_quorum_too_small,
     "F - 1 members are enough to promote"},
    {"unformed_counts", &Variant::unformed_counts,
     "members that lost their tail count towards F"},
    {"fuzzy_promoted", &Variant::fuzzy_promoted,
     "a member in the middle of a full sync may be promoted"},
    {"leader_promotes_twice", &Variant::leader_promotes_twice,
     "after a time-out a leader tries another member in the same epoch"},
    {"promote_not_tested_again", &Variant::promote_not_tested_again,
     "the member promoted does not look again whether it is formed"},
    {"promote_forgets_its_answer", &Variant::promote_forgets_its_answer,
     "Promote carries no position and no nonce, and no history is looked at"},
    {"promote_of_another_leader", &Variant::promote_of_another_leader,
     "Promote is accepted with the promise given to a rival of equal number"},
    {"epochs_by_number", &Variant::epochs_by_number,
     "epochs are compared by number, not as (number, leader)"},
    {"all_members_rule_for_unformed_only",
     &Variant::all_members_rule_for_unformed_only,
     "the all-N rule serves only when nobody at all is formed"},
    {"replicas_ignore_epoch", &Variant::replicas_ignore_epoch,
     "replicas take and acknowledge records below their promise"},
    {"data_raises_no_promise", &Variant::data_raises_no_promise,
     "records of a higher epoch are taken without raising the promise"},
    {"commit_counts_older_epochs", &Variant::commit_counts_older_epochs,
     "a record of an older epoch commits as soon as C hold it"},
    {"master_counts_unheld", &Variant::master_counts_unheld,
     "the master counts itself before its system has the record"},
    {"continue_by_list_of_epochs", &Variant::continue_by_list_of_epochs,
     "a replica continues if its list of epochs begins the master's"},
    {"sync_without_nonce", &Variant::sync_without_nonce,
     "a welcome to an earlier start makes a member formed"},
    {"full_sync_gives_up_old_log", &Variant::full_sync_gives_up_old_log,
     "a member with a directory counts for nothing while it is being synced"},
    {"restarted_master_resumes", &Variant::restarted_master_resumes,
     "a master that restarts goes on in its epoch"},
    {"newcomer_keeps_identity", &Variant::newcomer_keeps_identity,
     "a wiped node is taken for the member of its name"},
    {"change_in_one_record", &Variant::change_in_one_record,
     "a change of members is in force at once, without the joint phase"},
    {"two_changes_at_once", &Variant::two_changes_at_once,
     "a second change begins before the first is final"},
    {"change_before_epoch_record", &Variant::change_before_epoch_record,
     "a change is appended before the epoch record is committed"},
    {"lost_member_consents", &Variant::lost_member_consents,
     "a lost member of a group of two counts as agreeing to its replacement"},
    {"newcomers_count", &Variant::newcomers_count,
     "answers of nodes that the configuration does not name raise the greatest "
     "position"},
    {"read_by_earlier_round", &Variant::read_by_earlier_round,
     "a read is served by a round that began before it arrived"},
    {"read_before_commit", &Variant::read_before_commit,
     "a read shows what is not committed in this epoch"},
};

}  // namespace

std::span<const NamedVariant> Variants() { return kVariants; }

const NamedVariant* FindVariant(std::string_view name) {
  for (const NamedVariant& variant : kVariants) {
    if (variant.name == name) return &variant;
  }
  return nullptr;
}

}  // namespace vigil::model
