#include "tests/cluster/chaos/accounts.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace vigil::chaos {
namespace {

// The number in a value of `key`; nullopt: it is none that was ever written.
std::optional<uint64_t> NumberIn(const std::string& key,
                                 const std::string& value) {
  uint64_t number = 0;
  if (value.size() <= key.size()) return std::nullopt;
  const char* begin = value.data() + key.size() + 1;
  const char* end = value.data() + value.size();
  if (std::from_chars(begin, end, number).ec != std::errc() ||
      value != ValueOf(key, number))
    return std::nullopt;
  return number;
}

std::string Place(uint64_t epoch, uint64_t index) {
  return absl::StrCat("(", epoch, ", ", index, ")");
}

}  // namespace

void Accounts::OnTried(const std::string& key, uint64_t number,
                       Promise promise) {
  keys_[key][number] = {.promise = promise};
}

void Accounts::OnAnswered(const std::string& key, uint64_t number,
                          Outcome outcome, uint64_t epoch, uint64_t index) {
  Write& write = keys_[key][number];
  write.outcome = outcome;
  write.epoch = epoch;
  write.index = index;
}

// One Check, in its steps.
class Accounts::Audit {
 public:
  Audit(const Accounts& accounts, const Deaths& deaths)
      : accounts_(accounts), deaths_(deaths) {}

  void Read(const Present& present);
  void Read(const Dropped& dropped);
  void Settle(const std::string& key, const History& history);
  Balance Take() { return std::move(balance_); }

 private:
  using Which = std::pair<std::string, uint64_t>;  // key and number

  void Violated(std::string what) {
    balance_.violations.push_back(std::move(what));
  }
  void SettleCount(const std::string& key, const History& history);
  void SettleMissing(const std::string& key, uint64_t number,
                     const Write& write);
  const Write* Find(const std::string& key, uint64_t number) const;

  const Accounts& accounts_;
  const Deaths& deaths_;
  Balance balance_;
  absl::flat_hash_map<std::string, Present> data_;
  // Of acknowledged writes, at the place of their receipt.
  std::set<Which> reported_;
  std::set<std::tuple<int, std::string, uint64_t, uint64_t>> seen_;
};

const Accounts::Write* Accounts::Audit::Find(const std::string& key,
                                             uint64_t number) const {
  const auto history = accounts_.keys_.find(key);
  if (history == accounts_.keys_.end()) return nullptr;
  const auto write = history->second.find(number);
  return write == history->second.end() ? nullptr : &write->second;
}

void Accounts::Audit::Read(const Present& present) {
  if (!accounts_.keys_.contains(present.key))
    Violated(absl::StrCat(present.key, " is there and nobody wrote it"));
  data_[present.key] = present;
}

void Accounts::Audit::Read(const Dropped& d) {
  const std::string what = absl::StrCat("node ", d.node, " dropped ", d.key,
                                        " ", Place(d.epoch, d.index), ": ");
  if (!seen_.emplace(d.node, d.key, d.epoch, d.index).second)
    return Violated(what + "twice");
  const auto history = accounts_.keys_.find(d.key);
  if (history != accounts_.keys_.end() && !history->second.empty() &&
      history->second.begin()->second.promise == Promise::kCount) {
    ++balance_.reported_unknown;  // of a counter: SettleCount knows
    return;
  }
  const auto number = NumberIn(d.key, d.value);
  const Write* write = number ? Find(d.key, *number) : nullptr;
  if (write == nullptr)
    return Violated(absl::StrCat(what, "nobody wrote ", d.value.substr(0, 80)));
  switch (write->outcome) {
    case Outcome::kRefused:
      return Violated(what + "its write was refused");
    case Outcome::kUnknown:
      ++balance_.reported_unknown;
      return;
    case Outcome::kAcknowledged:
      break;
  }
  if (write->epoch == d.epoch && write->index == d.index) {
    reported_.emplace(d.key, *number);
    if (write->promise == Promise::kQuorum)
      Violated(what + "it was acknowledged by a quorum");
  } else if (d.epoch < write->epoch) {
    ++balance_.reported_unknown;  // a copy
  } else {
    Violated(absl::StrCat(what, "its receipt says ",
                          Place(write->epoch, write->index)));
  }
}

void Accounts::Audit::Settle(const std::string& key, const History& history) {
  for (const auto& [number, write] : history) {
    ++balance_.operations;
    balance_.acknowledged += write.outcome == Outcome::kAcknowledged;
    balance_.refused += write.outcome == Outcome::kRefused;
    balance_.unknown += write.outcome == Outcome::kUnknown;
  }
  if (history.begin()->second.promise == Promise::kCount)
    return SettleCount(key, history);

  const auto present = data_.find(key);
  std::optional<uint64_t> final;
  if (present != data_.end()) {
    final = NumberIn(key, present->second.value);
    const auto write = final ? history.find(*final) : history.end();
    if (write == history.end()) {
      return Violated(absl::StrCat(key, " has a value that nobody wrote: ",
                                   present->second.value.substr(0, 80)));
    }
    if (write->second.outcome == Outcome::kRefused)
      Violated(absl::StrCat(key, " has the refused write ", *final));
    if (write->second.outcome == Outcome::kAcknowledged &&
        write->second.index != present->second.version) {
      Violated(absl::StrCat(key, " has version ", present->second.version,
                            ", its receipt says ",
                            Place(write->second.epoch, write->second.index)));
    }
  }
  for (const auto& [number, write] : history) {
    if (write.outcome != Outcome::kAcknowledged) continue;
    if (!final || number > *final) {
      SettleMissing(key, number, write);
    } else if (reported_.contains({key, number})) {
      if (number == *final) {
        ++balance_.reported;  // and not measured
        Violated(absl::StrCat(key, ": ", number,
                              " is in the data and was reported as dropped"));
      } else {
        ++balance_.reported_unknown;
      }
    }
  }
}

void Accounts::Audit::SettleMissing(const std::string& key, uint64_t number,
                                    const Write& write) {
  const std::string what =
      absl::StrCat(key, ": ", number, " ", Place(write.epoch, write.index));
  if (write.promise == Promise::kQuorum) {
    ++balance_.lost;
    return Violated(what + " was acknowledged by a quorum and is not there");
  }
  if (reported_.contains({key, number})) {
    ++balance_.reported;
    ++balance_.measured;
  } else if (write.promise == Promise::kMemory &&
             deaths_.Explains(write.epoch, write.index)) {
    ++balance_.gone_with_process;
  } else {
    ++balance_.measured;
    Violated(what + " is not there, and nobody said so");
  }
}

void Accounts::Audit::SettleCount(const std::string& key,
                                  const History& history) {
  uint64_t acknowledged = 0;
  uint64_t unknown = 0;
  for (const auto& [number, write] : history) {
    acknowledged += write.outcome == Outcome::kAcknowledged;
    unknown += write.outcome == Outcome::kUnknown;
  }
  const auto present = data_.find(key);
  uint64_t sum = 0;
  if (present != data_.end() && !absl::SimpleAtoi(present->second.value, &sum))
    return Violated(absl::StrCat(key, " is no number"));
  if (sum >= acknowledged && sum <= acknowledged + unknown) return;
  if (sum < acknowledged) balance_.lost += acknowledged - sum;
  Violated(absl::StrCat(key, " is ", sum, " after ", acknowledged,
                        " acknowledged increments and ", unknown,
                        " of unknown outcome"));
}

Balance Accounts::Check(const std::vector<Present>& data,
                        const std::vector<Dropped>& dropped,
                        const Deaths& deaths) const {
  Audit audit(*this, deaths);
  for (const Present& present : data) audit.Read(present);
  for (const Dropped& d : dropped) audit.Read(d);
  for (const auto& [key, history] : keys_) audit.Settle(key, history);
  return audit.Take();
}

}  // namespace vigil::chaos
