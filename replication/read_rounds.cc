#include "replication/read_rounds.h"

#include <algorithm>

namespace vigil::replication {

uint64_t ReadRounds::Ask(LinkId reader, uint64_t read, uint64_t last) {
  uint64_t& asked = asked_[reader];
  if (read <= asked) return 0;
  asked = read;
  ++round_;
  const auto of_reader = [reader](const Pending& pending) {
    return pending.answer.reader == reader;
  };
  if (std::count_if(pending_.begin(), pending_.end(), of_reader) > 1) {
    const auto newest =
        std::find_if(pending_.rbegin(), pending_.rend(), of_reader);
    pending_.erase(std::prev(newest.base()));
  }
  pending_.push_back({{reader, read, last}, round_});
  return round_;
}

void ReadRounds::OnEcho(NodeId from, uint64_t round) {
  // What this master never asked was asked by another.
  if (round > round_) return;
  uint64_t& echoed = echoed_[from];
  echoed = std::max(echoed, round);
}

void ReadRounds::Forget(LinkId reader) {
  asked_.erase(reader);
  std::erase_if(pending_, [reader](const Pending& pending) {
    return pending.answer.reader == reader;
  });
}

uint64_t ReadRounds::Confirmed() const {
  return configuration_.Agreed([this](const Member& member) {
    if (member.id == self_) return round_;
    const auto echoed = echoed_.find(member.id);
    return echoed == echoed_.end() ? 0 : echoed->second;
  });
}

std::vector<ReadRounds::Answer> ReadRounds::TakeConfirmed() {
  std::vector<Answer> answers;
  if (pending_.empty()) return answers;
  const uint64_t confirmed = Confirmed();
  while (!pending_.empty() && pending_.front().round <= confirmed) {
    answers.push_back(pending_.front().answer);
    pending_.pop_front();
  }
  return answers;
}

}  // namespace vigil::replication
