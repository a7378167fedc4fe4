#include "replication/grpc_parts.h"

#include "absl/status/status.h"

namespace vigil::replication {

bool WriteInParts(const v1::FromMaster& message,
                  absl::FunctionRef<bool(const v1::FromMaster&)> write) {
  if (message.ByteSizeLong() <= kWholeBytesMax) return write(message);
  const std::string bytes = message.SerializeAsString();
  for (size_t at = 0; at < bytes.size(); at += kPartBytes) {
    v1::FromMaster part;
    part.mutable_part()->set_bytes(bytes.substr(at, kPartBytes));
    part.mutable_part()->set_more(at + kPartBytes < bytes.size());
    if (!write(part)) return false;
  }
  return true;
}

absl::StatusOr<std::optional<v1::FromMaster>> PartCollector::Add(
    v1::FromMaster&& read) {
  if (!read.has_part()) {
    if (!bytes_.empty())
      return absl::InvalidArgumentError("a message between parts of another");
    return std::move(read);
  }
  const v1::Part& part = read.part();
  if (part.bytes().size() > bytes_max_ - bytes_.size())
    return absl::InvalidArgumentError("a message that is too large");
  bytes_.append(part.bytes());
  if (part.more()) return std::nullopt;
  v1::FromMaster whole;
  const bool parsed = whole.ParseFromString(bytes_);
  bytes_ = {};
  if (!parsed || whole.has_part())
    return absl::InvalidArgumentError("parts that make no message");
  return whole;
}

}  // namespace vigil::replication
