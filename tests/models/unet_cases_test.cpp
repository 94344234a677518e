// The UNet, its parts and ControlNet against what the original Python systems computed.
#include <gtest/gtest.h>

#include "eval/reference_case.hpp"

namespace zoetrope {
namespace {

std::vector<std::string> cases() {
  const std::filesystem::path goldens = ZOETROPE_SOURCE_DIR "/tests/goldens";
  std::vector<std::string> found{"08_lora/unet2d_sdxl_like", "08_lora/unet2d_sd15_odd_size",
                                 "06_controlnet/sdxl_like"};
  for (const char* group : {"01_hotshot_modules", "01_hotshot_unet3d", "09_animatediff"})
    for (const auto& entry : std::filesystem::directory_iterator(goldens / group))
      found.push_back(concat(group, "/", entry.path().filename().string()));
  return found;
}

class UnetCase : public testing::TestWithParam<std::string> {};

TEST_P(UnetCase, AgreesWithTheOriginal) {
  const reference_result result =
      verify_case(std::filesystem::path(ZOETROPE_SOURCE_DIR "/tests/goldens") / GetParam());
  EXPECT_TRUE(result.ok) << joined(result.failures, "\n");
  EXPECT_GT(result.checked, 0u);
}

INSTANTIATE_TEST_SUITE_P(Goldens, UnetCase, testing::ValuesIn(cases()), [](const auto& info) {
  std::string name = info.param;
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
});

}  // namespace
}  // namespace zoetrope
