#include "engine/operation_stats.h"

namespace vigil::engine {

std::string_view NameOf(OperationKind kind) {
  switch (kind) {
    case OperationKind::kGet:
      return "get";
    case OperationKind::kExists:
      return "exists";
    case OperationKind::kTtl:
      return "pttl";
    case OperationKind::kGetMany:
      return "mget";
    case OperationKind::kScan:
      return "scan";
    case OperationKind::kRandomKey:
      return "randomkey";
    case OperationKind::kSet:
      return "set";
    case OperationKind::kDelete:
      return "del";
    case OperationKind::kIncrement:
      return "incrby";
    case OperationKind::kIncrementFloat:
      return "incrbyfloat";
    case OperationKind::kAppend:
      return "append";
    case OperationKind::kSetRange:
      return "setrange";
    case OperationKind::kExpire:
      return "pexpire";
    case OperationKind::kPersist:
      return "persist";
    case OperationKind::kRename:
      return "rename";
    case OperationKind::kTouch:
      return "touch";
    case OperationKind::kBatch:
      return "exec";
    case OperationKind::kFlush:
      return "flushdb";
    case OperationKind::kSwap:
      return "swapdb";
  }
  return "unknown";
}

}  // namespace vigil::engine
