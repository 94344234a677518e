// The 19 reference cases of diffusers' schedulers, 249 configurations.
#include <gtest/gtest.h>

#include <filesystem>

#include "eval/reference_case.hpp"
#include "schedulers/scheduler.hpp"

namespace zoetrope {
namespace {

class SchedulerCase : public testing::TestWithParam<std::string> {};

TEST_P(SchedulerCase, HoldsEveryConfiguration) {
  const auto folder = std::filesystem::path(ZOETROPE_SOURCE_DIR) / "tests/goldens/05_schedulers" / GetParam();
  const reference_result result = verify_case(folder);
  EXPECT_TRUE(result.ok) << joined(result.failures, "\n");
  EXPECT_GT(result.checked, 20u);
}

INSTANTIATE_TEST_SUITE_P(Diffusers, SchedulerCase, testing::ValuesIn(schedulers().names()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace zoetrope
