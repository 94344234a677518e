// Columns are as wide as their widest cell, in characters.
#include "cli/text_table.hpp"

#include <gtest/gtest.h>

namespace zoetrope {
namespace {

TEST(TextTable, ColumnsAreAlignedAndLinesEndWithTheirLastLetter) {
  text_table table({"part", ">bytes", "dtypes"});
  table.row({"unet", "12", "f16"});
  table.row({"Käfer", "1,234", ""});
  EXPECT_EQ(table.lines(),
            (std::vector<std::string>{"part   bytes  dtypes", "unet      12  f16", "Käfer  1,234"}));
}

}  // namespace
}  // namespace zoetrope
