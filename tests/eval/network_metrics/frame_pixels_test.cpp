// Pictures before the networks, against torchvision and Pillow: to the byte.
#include "eval/network_metrics/frame_pixels.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/eval/network_metrics/references.hpp"

namespace zoetrope {
namespace {

at::Tensor as_bytes(const at::Tensor& x) { return x.squeeze(0).to(at::kByte); }

// 3 h w -> a clip of one frame
float_clip as_clip(const at::Tensor& picture) {
  const at::Tensor pixels = (picture.permute({1, 2, 0}).to(at::kFloat) / 255).contiguous();
  const float* first = pixels.const_data_ptr<float>();
  return {static_cast<int>(picture.size(2)),
          static_cast<int>(picture.size(1)),
          1,
          {first, first + pixels.numel()}};
}

class FramePixels : public testing::TestWithParam<const char*> {
 protected:
  at::Tensor reference(const std::string& what = "") const {
    return reference_value(concat("picture.", GetParam(), what));
  }
  float_clip clip() const { return as_clip(reference()); }
};

TEST_P(FramePixels, BytesAreTheBytes) { EXPECT_TRUE(as_bytes(byte_frame(clip(), 0)).equal(reference())); }

TEST_P(FramePixels, ResizeIsTorchvisions) {
  const at::Tensor bytes = byte_frame(clip(), 0);
  const at::Tensor bilinear = resize_shorter_side(bytes, 24, interpolation::bilinear),
                   bicubic = resize_shorter_side(bytes, 24, interpolation::bicubic);
  EXPECT_TRUE(as_bytes(bilinear).equal(reference(".bilinear")));
  EXPECT_TRUE(as_bytes(bicubic).equal(reference(".bicubic")));
  EXPECT_TRUE(as_bytes(centre_crop(bilinear, 24)).equal(reference(".bilinear.cropped")));
  EXPECT_TRUE(as_bytes(centre_crop(bicubic, 24)).equal(reference(".bicubic.cropped")));
}

TEST_P(FramePixels, ClipPictureIsPillowsResizeCroppedAsTransformersDoes) {
  const at::Tensor whole = reference(".pillow");
  const int64_t top = (whole.size(1) - 24) / 2, left = (whole.size(2) - 24) / 2;
  EXPECT_TRUE(as_bytes(clip_picture(clip(), 0, 24)).equal(whole.narrow(1, top, 24).narrow(2, left, 24)));
}

INSTANTIATE_TEST_SUITE_P(Pictures, FramePixels, testing::Values("wide", "tall"),
                         [](const auto& info) { return std::string(info.param); });

TEST(NormalisedPixels, AreInUnitsOfTheDeviation) {
  const at::Tensor bytes = at::tensor({255.0f, 0.0f, 51.0f}).view({1, 3, 1, 1});
  const at::Tensor x = normalised(bytes, imagenet_pixels).flatten();
  EXPECT_NEAR(x[0].item<double>(), (1 - 0.485) / 0.229, 1e-6);
  EXPECT_NEAR(x[1].item<double>(), -0.456 / 0.224, 1e-6);
  EXPECT_NEAR(x[2].item<double>(), (0.2 - 0.406) / 0.225, 1e-6);
}

}  // namespace
}  // namespace zoetrope
