// The reference cases of Hotshot-XL's pipeline: text states of a whole folder, and generations step by step.
#include <gtest/gtest.h>

#include "core/config.hpp"
#include "eval/reference_case.hpp"

namespace zoetrope {
namespace {

reference_result verify(const std::string& name) {
  return verify_case(std::filesystem::path(ZOETROPE_SOURCE_DIR) / "tests/goldens" / name);
}

class PipelineReference : public testing::TestWithParam<const char*> {};

TEST_P(PipelineReference, Holds) {
  const reference_result result = verify(GetParam());
  EXPECT_TRUE(result.ok) << joined(result.failures, "\n");
  EXPECT_GE(result.checked, 9u);
}

class SourceVideoReference : public testing::TestWithParam<const char*> {};

TEST_P(SourceVideoReference, Holds) {
  const reference_result result = verify(concat("11_source_video/", GetParam()));
  EXPECT_TRUE(result.ok) << joined(result.failures, "\n");
  EXPECT_EQ(result.checked, 3u);
}

INSTANTIATE_TEST_SUITE_P(, SourceVideoReference,
                         testing::Values("img2img_euler_ancestral", "img2img_heun_whole", "inpaint_ddim",
                                         "inpaint_euler_pure_noise"));

INSTANTIATE_TEST_SUITE_P(, PipelineReference,
                         testing::Values("07_pipeline/tiny_hotshot", "07_pipeline/eulera", "07_pipeline/ddim",
                                         "07_pipeline/ddim_eta", "07_pipeline/euler_no_cfg",
                                         "07_pipeline/one_frame_zero_negative",
                                         "06_controlnet/hotshot_pipeline_eulera",
                                         "06_controlnet/hotshot_pipeline_guess"),
                         [](const auto& info) {
                           const std::string path = info.param;
                           return path.substr(path.find('/') + 1);
                         });

}  // namespace
}  // namespace zoetrope
