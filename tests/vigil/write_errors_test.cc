#include "vigil/write_errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vigil {
namespace {

TEST(NotMasterError, NamesTheMasterForPeopleAndForPrograms) {
  const absl::Status status =
      NotMasterError({.master = "b", .master_address = "127.0.0.1:7002"});
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(status.message(), "not the master: that is 'b' at 127.0.0.1:7002");
  const std::optional<MasterHint> hint = MasterOf(status);
  ASSERT_TRUE(hint.has_value());
  EXPECT_EQ(hint->name, "b");
  EXPECT_EQ(hint->address, "127.0.0.1:7002");
}

TEST(NotMasterError, HasNoHintWhenNoMasterIsKnown) {
  const absl::Status status = NotMasterError({});
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(MasterOf(status).has_value());
}

TEST(WithReceipt, IsReadBackByReceiptOf) {
  const Receipt receipt{.epoch = 3, .index = 120, .reached = Ack::kDisk};
  const absl::Status status =
      WithReceipt(absl::DeadlineExceededError("unknown"), receipt);
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(ReceiptOf(status), receipt);
}

TEST(ReceiptOf, IsEmptyForOtherErrorsAndForDamagedPayloads) {
  EXPECT_FALSE(ReceiptOf(absl::OkStatus()).has_value());
  EXPECT_FALSE(ReceiptOf(absl::UnavailableError("x")).has_value());
  for (const char* payload : {"", "1", "1 2 3", "1 2 x 0", "1 2 0 x",
                              "1 2 -1 0", "1 2 9 0", "1 2 3 4 5"}) {
    absl::Status status = absl::DeadlineExceededError("x");
    status.SetPayload("vigil/receipt", absl::Cord(payload));
    EXPECT_FALSE(ReceiptOf(status).has_value()) << payload;
  }
}

}  // namespace
}  // namespace vigil
