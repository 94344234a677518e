// Seeds and the noise they give.
#include "pipelines/clip_noise.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "sample_models.hpp"

namespace zoetrope {
namespace {

using seed_list = std::vector<uint64_t>;
const std::vector<int64_t> one_clip = {1, 4, 2, 3, 3}, two_clips = {2, 4, 2, 3, 3};

// Python: torch.randn((1, 4, 2, 3, 3), generator=torch.Generator().manual_seed(0)).flatten()[:6]
TEST(ClipNoise, IsWhatPythonsGeneratorGivesForTheSeed) {
  const at::Tensor got = clip_noise({0}).draw(one_clip, at::kFloat).flatten().slice(0, 0, 6);
  const at::Tensor wanted = at::tensor({-1.1258f, -1.1524f, -0.2506f, -0.4339f, 0.8487f, 0.6920f});
  EXPECT_TRUE(at::allclose(got, wanted, 0, 6e-5)) << got;
}

TEST(ClipNoise, OfABatchIsThatOfItsClipsAlone) {
  clip_noise batch({7, 8}), first({7}), second({8});
  for (int draw = 0; draw < 2; ++draw) {
    const at::Tensor got = batch.draw(two_clips, at::kFloat);
    EXPECT_TRUE(at::equal(got[0], first.draw(one_clip, at::kFloat)[0]));
    EXPECT_TRUE(at::equal(got[1], second.draw(one_clip, at::kFloat)[0]));
  }
}

TEST(ClipNoise, OfASharedGeneratorGoesThroughTheBatch) {
  generator python(7);
  EXPECT_TRUE(at::equal(clip_noise({7}).draw(two_clips, at::kFloat), python.normal(two_clips)));
}

TEST(ClipNoise, RefusesAnotherNumberOfClips) {
  ZT_EXPECT_ERROR(runtime, "3 clips", clip_noise({7, 8}).draw({3, 4}, at::kFloat));
}

TEST(ClipSeeds, CountUpFromASingleOne) { EXPECT_EQ(clip_seeds({41}, 3, false), (seed_list{41, 42, 43})); }

TEST(ClipSeeds, AreTakenAsGivenWhereThereIsOneForEachClip) {
  EXPECT_EQ(clip_seeds({9, 3}, 2, false), (seed_list{9, 3}));
}

TEST(ClipSeeds, ZeroIsASeedLikeAnyOther) { EXPECT_EQ(clip_seeds({0}, 2, false), (seed_list{0, 1})); }

TEST(ClipSeeds, AreDrawnWhereNoneIsGiven) {
  // Two draws of 32 bits agree once in 4 billion runs.
  EXPECT_NE(clip_seeds({}, 2, false), clip_seeds({}, 2, false));
}

TEST(ClipSeeds, AsInTheOriginalZeroIsNoSeedAndOneServesAllClips) {
  EXPECT_EQ(clip_seeds({5}, 3, true), seed_list{5});
  EXPECT_NE(clip_seeds({0}, 1, true), clip_seeds({0}, 1, true));
}

}  // namespace
}  // namespace zoetrope
