#include "training/event_file.hpp"

#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

std::string bytes_of_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

/// The payloads of a file of TFRecords; fails where a length leads beyond its end.
std::vector<std::string> payloads(std::string file) {
  std::vector<std::string> all;
  while (!file.empty()) {
    const auto length = static_cast<unsigned char>(file.at(0)) | static_cast<unsigned char>(file.at(1)) << 8;
    all.push_back(file.substr(12, length));
    if (file.size() < 16u + length) throw std::runtime_error("a torn record");
    file.erase(0, 16 + length);
  }
  return all;
}

// RFC 3720, section B.4, and the usual check value.
TEST(Crc32c, GivesTheStandardsExamples) {
  std::string rising, falling;
  for (int i = 0; i < 32; ++i) {
    rising += static_cast<char>(i);
    falling += static_cast<char>(31 - i);
  }
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(crc32c(rising), 0x46dd794eu);
  EXPECT_EQ(crc32c(falling), 0x113fdb5cu);
  EXPECT_EQ(
      crc32c(bytes_of_hex("01c00000000000000000000000000000140000000000040000000014000000182800000000000000"
                          "0200000000000000")),
      0xd9963a56u);
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(crc32c(""), 0u);
}

// By hand: field 1 as eight bytes (0x09) 1.5; field 2 as varint (0x10) 300 = 0xac 0x02; field 5 (0x2a) of 13
// bytes: field 1 (0x0a) of 11: field 1 (0x0a) of 4 "loss", field 2 as four bytes (0x15) 0.25. The whole
// records are what Python's tensorboard package (2.20's protobufs and masked_crc32c) makes of the same
// messages.
TEST(EventFile, BytesAreTensorBoards) {
  const temporary_folder folder;
  event_file events(folder / "run");
  const std::size_t opening = bytes_of(events.path()).size();
  auto expect = [&, read = opening](const std::string& hex) mutable {
    const std::string bytes = bytes_of(events.path());
    EXPECT_EQ(bytes.substr(read), bytes_of_hex(hex));
    read = bytes.size();
  };
  events.scalar("loss", 300, 1.5, 0.25);
  expect("1b000000000000001a0d9e1309000000000000f83f10ac022a0d0a0b0a046c6f7373150000803e9908deed");
  events.text("prompts", 3, 1.5, "a red circle");
  expect(
      "3a000000000000001295eae209000000000000f83f10032a2d0a2b0a0770726f6d70747342160807120412020801420c"
      "612072656420636972636c654a080a060a0474657874a6a7859f");
  events.image("clip", 3, 1.5, 64, 48, "GIF89a");
  expect(
      "2500000000000000eabc36f309000000000000f83f10032a180a160a04636c6970220e0830104018032206474946383961"
      "c29baefe");
}

TEST(EventFile, BeginsWithItsVersionAndWhereItGoesOn) {
  const temporary_folder folder;
  const event_file fresh(folder / "run"), resumed(folder / "run", 5);
  EXPECT_NE(fresh.path(), resumed.path());
  EXPECT_EQ(fresh.path().filename().string().rfind("events.out.tfevents.", 0), 0u);
  const auto first = payloads(bytes_of(fresh.path())), second = payloads(bytes_of(resumed.path()));
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].substr(9),
            "\x1a\x0d"
            "brain.Event:2");
  ASSERT_EQ(second.size(), 2u);
  EXPECT_EQ(second[1].substr(9), bytes_of_hex("10053a020801"));  // step 5, session_log { status: START }
}

TEST(EventFile, AFolderThatCannotBeMadeIsAnError) {
  const temporary_folder folder;
  const auto file = folder.put("file", "");
  EXPECT_TRUE(mentions(failure_of([&] { event_file(file / "run"); }), "runtime: " + (file / "run").string()));
}

}  // namespace
}  // namespace zoetrope
