#include "experiments/file_fingerprint.hpp"

#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t mebibyte = 1 << 20;

// Holes of a sparse file read as zeros and take no room on the disk.
fs::path sparse(const temporary_folder& folder, std::uintmax_t size) {
  const fs::path file = folder.put("sparse.bin", "");
  fs::resize_file(file, size);
  return file;
}

void put_byte(const fs::path& file, std::uintmax_t at) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(static_cast<std::streamoff>(at)).put('x');
}

// `printf abc | sha256sum`, and of nothing.
TEST(FileFingerprint, OfAFileIsItsSha256) {
  const temporary_folder folder;
  EXPECT_EQ(file_fingerprint(folder.put("a", "abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(file_fingerprint(folder / "absent"), "");
  EXPECT_EQ(file_fingerprint(""), "");
}

// Python: hashlib.sha256(bytes(64 << 20)).hexdigest(), and for one byte more
// block = hashlib.sha256(bytes(1 << 20)).hexdigest()
// hashlib.sha256(" ".join([str((64 << 20) + 1)] + [block] * 64).encode()).hexdigest()
TEST(FileFingerprint, OfALargeFileIsThatOfItsSizeAndBlocks) {
  const temporary_folder folder;
  EXPECT_EQ(file_fingerprint(sparse(folder, 64 * mebibyte)),
            "3b6a07d0d404fab4e23b6d34bc6696a6a312dd92821332385e5af7c01c421351");
  EXPECT_EQ(file_fingerprint(sparse(folder, 64 * mebibyte + 1)),
            "5c2e2ee7e4b9e9d395a294a9548e5b489bcfaeb52a2317c7c9a22f3d5ca755cf");
}

// Of 200 MiB: 64 blocks, the first from 0, the last ends with the file; block i starts at i * (199 MiB / 63).
TEST(FileFingerprint, OfALargeFileSeesSizeFirstLastAndBlocksBetween) {
  const temporary_folder folder;
  const std::uintmax_t size = 200 * mebibyte;
  const std::string zeros = file_fingerprint(sparse(folder, size));
  EXPECT_NE(file_fingerprint(sparse(folder, size + 1)), zeros);
  for (const std::uintmax_t seen : {std::uintmax_t{0}, 31 * (199 * mebibyte / 63), size - 1}) {
    const fs::path file = sparse(folder, size);
    put_byte(file, seen);
    EXPECT_NE(file_fingerprint(file), zeros) << seen;
  }
  const fs::path file = sparse(folder, size);
  put_byte(file, 2 * mebibyte);  // between the first block and the second
  EXPECT_EQ(file_fingerprint(file), zeros);
}

TEST(FileFingerprint, OfAFolderFollowsNamesAndContents) {
  const temporary_folder folder;
  folder.put("m/a", "1");
  folder.put("m/below/b", "2");
  const std::string before = file_fingerprint(folder / "m");
  // "a <sha256 of 1>\nbelow/b <sha256 of 2>\n"
  EXPECT_EQ(before, "e845fc07a49835fdb463959724fa4496e9556445acead4a8881ed5b869cb34e4");
  folder.put("m/below/b", "3");
  EXPECT_NE(file_fingerprint(folder / "m"), before);
  folder.put("m/below/b", "2");
  EXPECT_EQ(file_fingerprint(folder / "m"), before);
  fs::rename(folder / "m/a", folder / "m/c");
  EXPECT_NE(file_fingerprint(folder / "m"), before);
}

}  // namespace
}  // namespace zoetrope
