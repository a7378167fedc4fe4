#include "replication/grpc_parts.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "replication/wire.h"

namespace vigil::replication {
namespace {

constexpr size_t kBytesMax = 8 << 20;

v1::FromMaster EntriesOf(size_t bytes) {
  v1::FromMaster message;
  ToProto(Entries{std::string(bytes, 'e')}, &message);
  return message;
}

std::vector<v1::FromMaster> Written(const v1::FromMaster& message) {
  std::vector<v1::FromMaster> parts;
  WriteInParts(message, [&](const v1::FromMaster& part) {
    parts.push_back(part);
    return true;
  });
  return parts;
}

TEST(GrpcParts, AUsualMessageGoesWhole) {
  EXPECT_EQ(Written(EntriesOf(kPartBytes)).size(), 1u);
  EXPECT_FALSE(Written(EntriesOf(kPartBytes))[0].has_part());
}

TEST(GrpcParts, ALargeMessageArrivesAsItWas) {
  for (const size_t bytes :
       {kWholeBytesMax, 5 * kPartBytes, size_t{5'000'000}}) {
    const v1::FromMaster message = EntriesOf(bytes);
    std::vector<v1::FromMaster> parts = Written(message);
    ASSERT_GE(parts.size(), 4u);
    PartCollector collector(kBytesMax);
    for (int twice = 0; twice < 2; ++twice) {
      for (size_t i = 0; i < parts.size(); ++i) {
        EXPECT_LE(parts[i].ByteSizeLong(), kPartBytes + 64);
        const auto whole = collector.Add(v1::FromMaster(parts[i]));
        ASSERT_TRUE(whole.ok()) << whole.status();
        ASSERT_EQ(whole->has_value(), i + 1 == parts.size());
        if (whole->has_value()) {
          EXPECT_EQ((*whole)->SerializeAsString(), message.SerializeAsString());
        }
      }
    }
  }
}

TEST(GrpcParts, TheWriterStopsWhenTheStreamIsDead) {
  int written = 0;
  EXPECT_FALSE(WriteInParts(EntriesOf(5'000'000), [&](const v1::FromMaster&) {
    return ++written < 3;
  }));
  EXPECT_EQ(written, 3);
}

TEST(GrpcParts, WhatMakesNoMessageIsRefused) {
  const std::vector<v1::FromMaster> parts = Written(EntriesOf(5'000'000));
  {
    PartCollector collector(kBytesMax);
    ASSERT_TRUE(collector.Add(v1::FromMaster(parts[0])).ok());
    EXPECT_FALSE(collector.Add(EntriesOf(10)).ok()) << "in between";
  }
  {
    PartCollector collector(kBytesMax);
    EXPECT_FALSE(collector.Add(v1::FromMaster(parts.back())).ok())
        << "the end alone";
  }
  {
    PartCollector collector(2 * kPartBytes);
    ASSERT_TRUE(collector.Add(v1::FromMaster(parts[0])).ok());
    ASSERT_TRUE(collector.Add(v1::FromMaster(parts[1])).ok());
    EXPECT_FALSE(collector.Add(v1::FromMaster(parts[2])).ok()) << "too large";
  }
  v1::FromMaster nested;
  nested.mutable_part()->set_bytes(parts[0].SerializeAsString());
  PartCollector collector(kBytesMax);
  EXPECT_FALSE(collector.Add(std::move(nested)).ok()) << "a part of parts";
}

TEST(Wire, EntriesThatWereDamagedOnTheirWayAreNoticed) {
  v1::FromMaster message = EntriesOf(100);
  EXPECT_TRUE(FromProto(v1::FromMaster(message)).ok());
  message.mutable_entries()->mutable_records()->at(50) ^= 1;
  EXPECT_EQ(FromProto(v1::FromMaster(message)).status().code(),
            absl::StatusCode::kDataLoss);
  // A record that is left out whole.
  message = EntriesOf(100);
  message.mutable_entries()->mutable_records()->resize(90);
  EXPECT_FALSE(FromProto(std::move(message)).ok());
}

}  // namespace
}  // namespace vigil::replication
