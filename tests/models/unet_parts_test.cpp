// The parts of the UNet by themselves: what reference cases cannot show.
#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <cmath>

#include "models/feed_forward.hpp"
#include "models/frames.hpp"
#include "models/timestep_embedding.hpp"
#include "models/transformer_spatial.hpp"
#include "models/transformer_temporal.hpp"
#include "tests/core/tensor/largest_difference.hpp"

namespace zoetrope {
namespace {

TEST(Frames, FoldAndUnfoldAreInverse) {
  const at::Tensor video = generator(1).normal({2, 3, 4, 5, 6});
  const at::Tensor folded = fold_frames(video);
  EXPECT_TRUE(folded.is_contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(at::equal(folded[4 + 1], video[1].select(1, 1)));
  EXPECT_TRUE(at::equal(unfold_frames(folded, 4), video));
}

TEST(Frames, TokensAreAViewOfTheImage) {
  const at::Tensor folded = fold_frames(generator(1).normal({1, 3, 2, 4, 5}));
  EXPECT_EQ(tokens_of(folded).data_ptr(), folded.data_ptr());
  EXPECT_TRUE(at::equal(image_of(tokens_of(folded), 4, 5), folded));
}

// sin and cos of t · 10000^(-i/2), i = 0, 1.
TEST(Sinusoid, MatchesTheFormula) {
  const at::Tensor t = at::tensor({3.5});
  const at::Tensor wave = sinusoid(t, {.channels = 4, .cosine_first = false});
  const std::vector<double> want{std::sin(3.5), std::sin(0.035), std::cos(3.5), std::cos(0.035)};
  for (int i = 0; i < 4; ++i) EXPECT_NEAR(wave[0][i].item<double>(), want[i], 1e-6);
  const at::Tensor flipped = sinusoid(t, {.channels = 4});
  EXPECT_TRUE(at::equal(flipped, at::cat({wave.slice(1, 2), wave.slice(1, 0, 2)}, 1)));
}

TEST(Sinusoid, ShiftChangesTheFrequenciesAndOddWidthsEndInZero) {
  const at::Tensor t = at::tensor({2.0});
  // with shift 1 the second of two frequencies is 10000^(-1/(2-1))
  EXPECT_NEAR(sinusoid(t, {4, false, 1.0})[0][1].item<double>(), std::sin(2e-4), 1e-9);
  const at::Tensor odd = sinusoid(t, {5});
  EXPECT_EQ(odd.size(1), 5);
  EXPECT_EQ(odd[0][4].item<double>(), 0.0);
}

TEST(Sinusoid, TakesIntegerTimesteps) {
  EXPECT_TRUE(at::equal(sinusoid(at::tensor({7}, at::kLong), {8}), sinusoid(at::tensor({7.0}), {8})));
}

// The definition: out(u · gelu(g)), u and g the halves of one projection; more rows than are worked on at
// once.
TEST(FeedForward, GegluIsTheGatedProductOfTheHalves) {
  feed_forward part(8);
  generator random(9);
  part.initialize(random);
  const auto slots = part.slots();
  const at::Tensor x = random.normal({2, 1300, 8});
  const auto halves = at::linear(x, *slots[0].tensor, *slots[1].tensor).chunk(2, -1);
  const at::Tensor want = at::linear(halves[0] * at::gelu(halves[1]), *slots[2].tensor, *slots[3].tensor);
  EXPECT_LE(largest_difference(part.forward(x), want), 1e-6);
  const c10::NoGradGuard inference;
  const at::Tensor got = part.forward(x);
  EXPECT_EQ(got.sizes(), x.sizes());
  EXPECT_LE(largest_difference(got, want), 1e-6);
}

TEST(FeedForward, UnknownActivationIsRefused) { EXPECT_THROW(feed_forward(8, "geglue"), error); }

TEST(TransformerTemporal, FreshTableIsTheInterleavedSinusoid) {
  transformer_temporal part({.in_channels = 32, .heads = 4, .head_dim = 8, .maximum_frames = 6});
  generator random(3);
  part.initialize(random);
  for (const parameter_slot& slot : part.slots()) {
    if (!slot.is_buffer) continue;
    EXPECT_NE(slot.name.find("pos_encoder.positional_encoding"), std::string::npos);
    const at::Tensor row = (*slot.tensor)[0][5];
    EXPECT_NEAR(row[2].item<double>(), std::sin(5 * std::pow(10000.0, -2.0 / 32)), 1e-6);
    EXPECT_NEAR(row[3].item<double>(), std::cos(5 * std::pow(10000.0, -2.0 / 32)), 1e-6);
  }
}

TEST(TransformerTemporal, RefusesMoreFramesThanItsTable) {
  transformer_temporal part({.in_channels = 32, .heads = 4, .head_dim = 8, .maximum_frames = 6});
  generator random(3);
  part.initialize(random);
  unet_context context;
  context.frames = 7;
  try {
    part.forward(random.normal({7, 32, 2, 2}), context);
    FAIL() << "no error";
  } catch (const error& failure) {
    EXPECT_NE(std::string(failure.what()).find("7 frames"), std::string::npos) << failure.what();
    EXPECT_NE(std::string(failure.what()).find("holds 6"), std::string::npos) << failure.what();
  }
}

TEST(TransformerTemporal, PixelsDoNotSeeEachOtherBeyondTheNorm) {
  transformer_temporal part({.in_channels = 32, .heads = 4, .head_dim = 8, .maximum_frames = 6});
  generator random(3);
  part.initialize(random);
  unet_context context;
  context.frames = 3;
  const at::Tensor x = random.normal({3, 32, 2, 5});
  // the group norm sees whole frames and does not mind a permutation of their pixels
  const at::Tensor mirrored = part.forward(x.flip(3), context).flip(3);
  EXPECT_LE(largest_difference(part.forward(x, context), mirrored), 2e-6);
}

TEST(TransformerTemporal, InferenceInPlaceGivesWhatTrainingGives) {
  transformer_temporal part({.in_channels = 32, .heads = 4, .head_dim = 8, .maximum_frames = 6});
  generator random(3);
  part.initialize(random);
  unet_context context;
  context.batch = 2;
  context.frames = 3;
  const at::Tensor x = random.normal({6, 32, 4, 3}).contiguous(at::MemoryFormat::ChannelsLast),
                   before = x.clone();
  const at::Tensor recorded = part.forward(x, context);
  const c10::NoGradGuard inference;
  EXPECT_LE(largest_difference(part.forward(x, context), recorded), 2e-6);
  EXPECT_TRUE(at::equal(x, before));
}

TEST(TransformerSpatial, FreshInflatedModuleIsTheIdentity) {
  transformer_spatial part({.in_channels = 32,
                            .depth = 2,
                            .zero_init = true,
                            .block = {.channels = 32, .heads = 4, .head_dim = 8, .context_channels = 12}});
  generator random(5);
  part.initialize(random);
  const auto layers = assign_text_slots(part);
  ASSERT_EQ(layers.size(), 2u);
  const projected_text text = project_text(layers, random.normal({1, 3, 12}));
  unet_context context;
  context.frames = 2;
  context.text = &text;
  const at::Tensor x = random.normal({2, 32, 3, 4});
  EXPECT_TRUE(at::equal(part.forward(x, context), x));
}

}  // namespace
}  // namespace zoetrope
