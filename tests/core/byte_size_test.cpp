#include "core/byte_size.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"

namespace zoetrope {
namespace {

TEST(ByteSize, UnitsAreThoseOf1024) {
  EXPECT_EQ(parse_bytes("6G"), 6442450944);
  EXPECT_EQ(parse_bytes("6GiB"), 6442450944);
  EXPECT_EQ(parse_bytes("6gb"), 6442450944);
  EXPECT_EQ(parse_bytes("512M"), 536870912);
  EXPECT_EQ(parse_bytes("1.5 GiB"), 1610612736);
  EXPECT_EQ(parse_bytes("4k"), 4096);
  EXPECT_EQ(parse_bytes("1T"), 1099511627776);
  EXPECT_EQ(parse_bytes("65536"), 65536);
  EXPECT_EQ(parse_bytes("7B"), 7);
}

TEST(ByteSize, WhatIsNoSizeIsAUsageError) {
  for (const char* text :
       {"", "G", "6X", "6GG", "-1G", "0", "nan", "inf", "1e9", "6 G B", "0.5", "99999999T", "6GiBs"})
    try {
      parse_bytes(text);
      ADD_FAILURE() << "'" << text << "' was taken";
    } catch (const error& failure) {
      EXPECT_EQ(failure.kind(), error_kind::usage) << text;
    }
}

TEST(ByteSize, IsShownInTheLargestUnitBelowThem) {
  EXPECT_EQ(readable_bytes(0), "0 B");
  EXPECT_EQ(readable_bytes(1023), "1023 B");
  EXPECT_EQ(readable_bytes(1536), "1.5 KiB");
  EXPECT_EQ(readable_bytes(7.4e9), "6.9 GiB");
}

}  // namespace
}  // namespace zoetrope
