#include "core/io/mapped_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cstring>

#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(MappedFile, HoldsTheBytesOfTheFile) {
  const temporary_folder folder;
  EXPECT_EQ(text_of(mapped_file::open(folder.put("a", "some bytes"))->bytes()), "some bytes");
  EXPECT_TRUE(mapped_file::open(folder.put("empty", ""))->bytes().empty());
}

TEST(MappedFile, WhatIsWrittenToTheMappingStaysOutOfTheFile) {
  const temporary_folder folder;
  const auto file = folder.put("a", "some bytes");
  const auto mapping = mapped_file::open(file);
  std::memcpy(const_cast<std::byte*>(mapping->bytes().data()), "SOME", 4);
  EXPECT_EQ(text_of(mapping->bytes()), "SOME bytes");
  EXPECT_EQ(bytes_of(file), "some bytes");
}

TEST(MappedFile, OnlyRegularFilesAreOpenedAndFifosAreNotWaitedFor) {
  const temporary_folder folder;
  ASSERT_EQ(::mkfifo((folder / "fifo").c_str(), 0600), 0);
  EXPECT_TRUE(mentions(failure_of([&] { mapped_file::open(folder / "fifo"); }), "bad_input: "));
  EXPECT_TRUE(mentions(failure_of([&] { mapped_file::open(folder / "fifo"); }), "fifo: not a regular file"));
  EXPECT_TRUE(mentions(failure_of([&] { mapped_file::open(folder.path()); }), "not a regular file"));
  EXPECT_TRUE(mentions(failure_of([&] { mapped_file::open("/dev/zero"); }), "not a regular file"));
  EXPECT_TRUE(mentions(failure_of([&] { mapped_file::open(folder / "none"); }), "No such file"));
}

TEST(MappedFile, AFileThatShrankOrGrewIsNoticed) {
  const temporary_folder folder;
  const auto file = folder.put("a", std::string(10'000, 'x'));
  const auto mapping = mapped_file::open(file);
  EXPECT_EQ(failure_of([&] { mapping->check_unchanged(); }), "no error");
  std::filesystem::resize_file(file, 100);
  EXPECT_TRUE(mentions(failure_of([&] { mapping->check_unchanged(); }),
                       "changed while it was read: 100 bytes now, 10000 when it was opened"));
  std::filesystem::resize_file(file, 10'001);
  EXPECT_TRUE(mentions(failure_of([&] { mapping->check_unchanged(); }), "10001 bytes now"));
}

TEST(MappedFile, ReleasedPagesComeBackWithTheBytesOfTheFile) {
  const temporary_folder folder;
  const std::string text(100'000, 'x');
  const auto mapping = mapped_file::open(folder.put("a", text));
  EXPECT_EQ(text_of(mapping->bytes()), text);
  mapping->will_need(mapping->bytes());
  mapping->release_pages(mapping->bytes());
  mapping->release_pages(mapping->bytes().subspan(10, 20));
  EXPECT_EQ(text_of(mapping->bytes()), text);
}

}  // namespace
}  // namespace zoetrope
