#include "core/io/sha256.hpp"

#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

// NIST's examples for FIPS 180-4: the empty message, one block, two blocks, a million times "a".
TEST(Sha256, GivesTheStandardsExamples) {
  EXPECT_EQ(sha256_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  const std::string a(1000, 'a');
  sha256 hash;
  for (int i = 0; i < 1000; ++i) hash.add(std::as_bytes(std::span(a)));
  EXPECT_EQ(hash.hex(), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, OfAFileIsOfItsBytes) {
  const temporary_folder folder;
  const std::string text(3'000'000, 'x');  // more than one read
  EXPECT_EQ(sha256_of_file(folder.put("a", text)), sha256_of(text));
  EXPECT_EQ(sha256_of_file(folder.put("empty", "")), sha256_of(""));
  EXPECT_TRUE(mentions(failure_of([&] { sha256_of_file(folder / "none"); }), "bad_input: "));
  EXPECT_TRUE(mentions(failure_of([&] { sha256_of_file(folder.path()); }), "bad_input: "));
}

}  // namespace
}  // namespace zoetrope
