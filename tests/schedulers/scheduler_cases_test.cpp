// The 19 reference cases of diffusers' schedulers, 249 configurations. A scheduler that diffusers does not have has no
// case; sampler_contract_test.cpp holds it to what all promise.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "eval/reference_case.hpp"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;
const fs::path cases = fs::path(ZOETROPE_SOURCE_DIR) / "tests/goldens/05_schedulers";

std::vector<std::string> case_names() {
  std::vector<std::string> names;
  for (const auto& folder : fs::directory_iterator(cases)) names.push_back(folder.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

class SchedulerCase : public testing::TestWithParam<std::string> {};

TEST_P(SchedulerCase, HoldsEveryConfiguration) {
  const reference_result result = verify_case(cases / GetParam());
  EXPECT_TRUE(result.ok) << joined(result.failures, "\n");
  EXPECT_GT(result.checked, 20u);
}

INSTANTIATE_TEST_SUITE_P(Diffusers, SchedulerCase, testing::ValuesIn(case_names()),
                         [](const auto& info) { return info.param; });

TEST(SchedulerCases, AreAllThere) { EXPECT_EQ(case_names().size(), 19u); }

}  // namespace
}  // namespace zoetrope
