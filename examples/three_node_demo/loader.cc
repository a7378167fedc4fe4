#include "examples/three_node_demo/loader.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "examples/three_node_demo/reported_write.h"

namespace vigil::demo {
namespace {

// A record that is refused for what it is would be refused by every master.
bool WorthRetrying(const absl::Status& error) {
  return error.code() != absl::StatusCode::kInvalidArgument &&
         error.code() != absl::StatusCode::kInternal;
}

}  // namespace

Loader::Loader(Node& node, Outbox& outbox, std::vector<InputRecord> records)
    : node_(node), outbox_(outbox), records_(std::move(records)) {
  for (int i = 0; i < kThreads; ++i) threads_.emplace_back([this] { Work(); });
}

Loader::~Loader() { stop_ = true; }

void Loader::Work() {
  for (size_t i; !stop_ && (i = next_++) < records_.size();) {
    const InputRecord& record = records_[i];
    const absl::Status status =
        ReportedSet(node_, outbox_, record.key, record.value);
    if (status.ok()) continue;
    stop_ = true;
    std::lock_guard lock(mu_);
    if (error_.ok()) {
      error_ = absl::Status(status.code(),
                            absl::StrCat(record.key, ": ", status.message()));
    }
  }
  if (--running_ == 0) Finish();
}

void Loader::Finish() {
  std::lock_guard lock(mu_);
  if (!error_.ok()) {
    outbox_.Send(LoadFailed{WorthRetrying(error_), error_.ToString()});
  } else if (!stop_) {
    outbox_.Send(Loaded{records_.size()});
  }
}

}  // namespace vigil::demo
