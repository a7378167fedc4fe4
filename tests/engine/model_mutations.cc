#include "tests/engine/model_mutations.h"

#include "absl/strings/str_cat.h"

namespace vigil::engine {

std::string_view MutationMaker::Key() {
  const uint64_t number = random_.Uniform(24);
  switch (random_.Uniform(40)) {
    case 0:
      return Keep("");
    case 1:
      return Keep(std::string(kLimits.key_bytes + 1, 'k'));
    case 2:  // its size takes four bytes in a cell
      return Keep(std::string(256 + number % 3, 'k'));
    case 3:
      return Keep(std::string("\0\xff", 2) + static_cast<char>(number));
    default:
      return Keep(absl::StrCat(number % 3 == 0 ? "user:" : "[k]*", number / 3));
  }
}

std::string MutationMaker::Value() {
  static constexpr const char* kNumbers[] = {"0",
                                             "41",
                                             "-7",
                                             "9223372036854775807",
                                             "-9223372036854775808",
                                             "1.5",
                                             "2.5e3",
                                             "1e308",
                                             "9223372036854775808",
                                             " 1",
                                             "1 ",
                                             "+1",
                                             "-",
                                             "abc",
                                             "007",
                                             "-0"};
  switch (random_.Uniform(12)) {
    case 0:
      return "";
    case 1:
    case 2:
    case 3:
      return kNumbers[random_.Uniform(std::size(kNumbers))];
    case 4:  // about where a cell gets an allocation of its own
      return std::string(1950 + random_.Uniform(150), 'm');
    case 5:
      if (!OneIn(4)) return "five";
      // About where its size takes four bytes, and beyond.
      return std::string(OneIn(2) ? 65'530 + random_.Uniform(10)
                                  : random_.Uniform(kLimits.value_bytes + 2),
                         'l');
    default:
      return std::string(random_.Uniform(60),
                         static_cast<char>('a' + random_.Uniform(26)));
  }
}

int64_t MutationMaker::Expiry(int64_t now_ms) {
  switch (random_.Uniform(8)) {
    case 0:
    case 1:
    case 2:
      return 0;
    case 3:
      return now_ms + 1'000'000;
    default:
      return now_ms - 5 + static_cast<int64_t>(random_.Uniform(60));
  }
}

Mutation MutationMaker::Next(int64_t now_ms) {
  using Kind = Mutation::Kind;
  static constexpr Kind kKinds[] = {
      Kind::kSet,       Kind::kSet,       Kind::kSet,    Kind::kSet,
      Kind::kDelete,    Kind::kDelete,    Kind::kExpire, Kind::kExpire,
      Kind::kIncrement, Kind::kIncrement, Kind::kAppend, Kind::kIncrementFloat,
      Kind::kSetRange,  Kind::kRename,    Kind::kCheck};
  Mutation mutation;
  mutation.kind = kKinds[random_.Uniform(std::size(kKinds))];
  mutation.database = static_cast<uint8_t>(Database());
  mutation.key = Key();
  mutation.value = mutation.kind == Kind::kRename ? Key() : Keep(Value());
  if (OneIn(4)) mutation.existence = Mutation::Existence::kPresent;
  if (OneIn(8)) mutation.existence = Mutation::Existence::kAbsent;
  if (OneIn(5)) {
    const ModelEntry* entry =
        model_.Find(mutation.database, mutation.key, now_ms);
    mutation.version = entry == nullptr ? 0 : entry->version;
    if (OneIn(3)) *mutation.version += random_.Uniform(3);
  }
  mutation.expires_at = WallTime{Expiry(now_ms)};
  mutation.keep_expiry = OneIn(4);
  mutation.expire_if =
      static_cast<Mutation::ExpireIf>(OneIn(2) ? 0 : random_.Uniform(5));
  mutation.delta = OneIn(6) ? static_cast<int64_t>(random_.Next())
                            : static_cast<int64_t>(random_.Uniform(9)) - 4;
  mutation.delta_float =
      OneIn(8) ? 1e308 : (static_cast<double>(random_.Uniform(99)) - 44) / 4;
  mutation.offset =
      OneIn(12) ? random_.Next() >> random_.Uniform(64) : random_.Uniform(80);
  mutation.want_previous = OneIn(2);
  return mutation;
}

}  // namespace vigil::engine
