#include "tests/model/log.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace vigil::model {
namespace {

uint64_t Mask(int records) {
  return records >= kRecords ? ~uint64_t{0}
                             : (uint64_t{1} << (8 * records)) - 1;
}

int LastIndexOf(const Log& log, Epoch epoch) {
  for (int i = log.size(); i > 0; --i) {
    if (log.At(i).epoch == epoch) return i;
  }
  return 0;
}

}  // namespace

int Log::size() const { return (64 - std::countl_zero(bytes_) + 7) / 8; }

Record Log::At(int index) const {
  const auto byte = static_cast<uint8_t>(bytes_ >> (8 * (index - 1)));
  return {static_cast<Epoch>(byte >> 5), static_cast<Kind>(byte >> 3 & 3),
          static_cast<uint8_t>(byte & 7)};
}

Position Log::LastPosition() const {
  return empty() ? Position{} : Position{At(size()).epoch, size()};
}

Log Log::Prefix(int size) const {
  Log prefix = *this;
  prefix.bytes_ &= Mask(size);
  return prefix;
}

bool Log::StartsWith(const Log& prefix) const {
  return Prefix(prefix.size()) == prefix;
}

int Log::FirstIndexOf(Epoch epoch) const {
  for (int i = 1; i <= size(); ++i) {
    if (At(i).epoch == epoch) return i;
  }
  return 0;
}

void Log::Append(const Record& record) {
  assert(size() < kRecords);
  const uint64_t byte =
      record.epoch << 5 | static_cast<int>(record.kind) << 3 | record.target;
  bytes_ |= byte << (8 * size());
}

Log Log::ContinuedBy(const Log& other, int size) const {
  Log continued = *this;
  const uint64_t mine = Mask(this->size());
  continued.bytes_ |= other.Prefix(size).bytes_ & ~mine;
  return continued;
}

int CommonIndex(const Log& a, const Log& b) {
  for (int i = a.size(); i > 0; --i) {
    const Epoch epoch = a.At(i).epoch;
    const int in_b = LastIndexOf(b, epoch);
    if (in_b > 0) return std::min(i, in_b);
  }
  return 0;
}

bool HistoryBegins(const Log& a, const Log& b) {
  for (int i = 1; i <= a.size(); ++i) {
    const Epoch epoch = a.At(i).epoch;
    if (a.FirstIndexOf(epoch) != b.FirstIndexOf(epoch)) return false;
  }
  // Nothing of b's list between two entries of a's.
  for (int i = 1; i <= b.size(); ++i) {
    const Epoch epoch = b.At(i).epoch;
    if (!a.empty() && epoch < a.LastPosition().epoch() &&
        a.FirstIndexOf(epoch) == 0) {
      return false;
    }
  }
  return true;
}

}  // namespace vigil::model
