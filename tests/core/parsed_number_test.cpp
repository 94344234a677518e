#include "core/parsed_number.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace zoetrope {
namespace {

TEST(ParsedNumber, IsAllOfTheTextOrNothing) {
  EXPECT_EQ(parsed_number<int>("-12"), -12);
  EXPECT_EQ(parsed_number<double>("1e-4"), 1e-4);
  EXPECT_EQ(parsed_number<std::uint64_t>("18446744073709551615"), UINT64_MAX);
  for (const char* text : {"", " 1", "1 ", "1.5", "+1", "x", "1x", "2147483648"})
    EXPECT_EQ(parsed_number<int>(text), std::nullopt) << text;
  EXPECT_EQ(parsed_number<std::uint64_t>("-1"), std::nullopt);
}

}  // namespace
}  // namespace zoetrope
