// The six numbers of SDXL's size conditioning.
#include "pipelines/time_ids.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace zoetrope {
namespace {

text_to_video_call sized_call() {
  text_to_video_call call;
  call.original_size = size_pair{1920, 1080};
  call.target_size = size_pair{512, 256};
  call.crops_coords_top_left = {3, 4};
  return call;
}

const at::Tensor positive = at::tensor({1920.f, 1080.f, 3.f, 4.f, 512.f, 256.f});
const at::Tensor negative = at::tensor({64.f, 32.f, 1.f, 2.f, 16.f, 8.f});

TEST(TimeIds, AreOriginalSizeCropAndTargetSizeInTheOrderGiven) {
  EXPECT_TRUE(at::equal(make_time_ids(sized_call(), 1, false), positive.unsqueeze(0)));
}

TEST(TimeIds, AreTheSameForBothHalvesUnlessNegativeSizesAreGiven) {
  EXPECT_TRUE(at::equal(make_time_ids(sized_call(), 2, true), positive.repeat({4, 1})));
}

TEST(TimeIds, OfTheNegativesComeFirst) {
  text_to_video_call call = sized_call();
  call.negative_original_size = size_pair{64, 32};
  call.negative_target_size = size_pair{16, 8};
  call.negative_crops_coords_top_left = {1, 2};
  EXPECT_TRUE(at::equal(make_time_ids(call, 2, true), at::stack({negative, negative, positive, positive})));
  EXPECT_TRUE(at::equal(make_time_ids(call, 1, false), positive.unsqueeze(0)));
}

TEST(TimeIds, NeedBothNegativeSizes) {
  text_to_video_call call = sized_call();
  call.negative_original_size = size_pair{64, 32};
  EXPECT_TRUE(at::equal(make_time_ids(call, 1, true), positive.repeat({2, 1})));
}

}  // namespace
}  // namespace zoetrope
