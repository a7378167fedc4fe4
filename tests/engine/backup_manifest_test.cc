#include "engine/backup_manifest.h"

#include <gtest/gtest.h>

#include <string>

#define XXH_INLINE_ALL
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "xxhash.h"

namespace vigil::engine {
namespace {

BackupManifest Example() {
  return {.labels = {{"group", "my group"},
                     {"lineage", std::string("\0\xff%\n", 4)},
                     {"empty", ""}},
          .checkpoint = 1000,
          .last_index = UINT64_MAX,
          .files = {{"CURRENT", 16, 0}, {"000012.sst", 40961, UINT64_MAX}}};
}

absl::StatusCode CodeOf(const std::string& text) {
  return DecodeBackupManifest(text).status().code();
}

// `body` with the checksum that it needs.
std::string Signed(const std::string& body) {
  return absl::StrCat(
      body, "end ",
      absl::StrFormat("%016x", XXH3_64bits(body.data(), body.size())), "\n");
}

TEST(BackupManifest, ReadsWhatItWrote) {
  for (const BackupManifest& manifest : {Example(), BackupManifest()}) {
    const auto read = DecodeBackupManifest(EncodeBackupManifest(manifest));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, manifest);
  }
  EXPECT_EQ(Example().bytes(), 40977u);
}

TEST(BackupManifest, IsTextThatPeopleCanRead) {
  const std::string text = EncodeBackupManifest(Example());
  EXPECT_EQ(text.substr(0, text.rfind("end ")),
            "vigil-backup 1\n"
            "label empty \n"
            "label group my%20group\n"
            "label lineage %00%FF%25%0A\n"
            "checkpoint 1000\n"
            "last 18446744073709551615\n"
            "file CURRENT 16 0000000000000000\n"
            "file 000012.sst 40961 ffffffffffffffff\n");
}

TEST(BackupManifest, EveryChangedByteAndEveryShorterTextIsRefused) {
  const std::string text = EncodeBackupManifest(Example());
  for (size_t i = 0; i < text.size(); ++i) {
    EXPECT_NE(CodeOf(text.substr(0, i)), absl::StatusCode::kOk) << i;
    for (const int bit : {0, 5}) {
      std::string changed = text;
      changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
      EXPECT_NE(CodeOf(changed), absl::StatusCode::kOk) << i;
    }
  }
  EXPECT_EQ(CodeOf(text + "\n"), absl::StatusCode::kDataLoss);
}

TEST(BackupManifest, TellsWhatIsNoneFromWhatIsDamaged) {
  EXPECT_EQ(CodeOf(""), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(CodeOf("something"), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(CodeOf(Signed("vigil-backup 2\n")),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(CodeOf("vigil-backup 1\n"), absl::StatusCode::kDataLoss);
}

// What carries a right checksum but was not written by this library.
TEST(BackupManifest, RefusesOtherTextsThanItsOwn) {
  const std::string head = "vigil-backup 1\n";
  const std::string tail = "checkpoint 1\nlast 2\n";
  ASSERT_EQ(CodeOf(Signed(head + tail)), absl::StatusCode::kOk);
  for (const std::string& body :
       {head,
        head + "checkpoint 1\n",
        head + "last 2\ncheckpoint 1\n",
        head + tail + tail,
        head + "checkpoint +1\nlast 2\n",
        head + "checkpoint 18446744073709551616\nlast 2\n",
        head + tail + "\n",
        head + tail + "x",
        head + tail + "unknown line\n",
        head + "label b 1\nlabel a 1\n" + tail,
        head + "label a 1\nlabel a 1\n" + tail,
        head + "label %zz 1\n" + tail,
        head + "label %4 1\n" + tail,
        head + "label %41 1\n" + tail,
        head + tail + "file ../x 1 0000000000000000\n",
        head + tail + "file .. 1 0000000000000000\n",
        head + tail + "file  1 0000000000000000\n",
        head + tail + "file a%00b 1 0000000000000000\n",
        head + tail + "file a 1 0\n",
        head + tail + "file a 1\n",
        head + tail + "file a 1 0x00000000000000\n"}) {
    EXPECT_EQ(CodeOf(Signed(body)), absl::StatusCode::kDataLoss) << body;
  }
}

}  // namespace
}  // namespace vigil::engine
