// The contract of temporal modules, held to every entry of the table; and each against a formula of its own.
#include "models/temporal_module.hpp"

#include <algorithm>

#include "core/tensor/meta_run.hpp"
#include "models/frames.hpp"
#include "tests/models/part_contract.hpp"

namespace zoetrope {
namespace {

constexpr int64_t channels = 32;

std::unique_ptr<temporal_module> made(const json& options) {
  const config tree(options, "options");
  auto part = make_temporal_module(tree, {.channels = channels});
  tree.expect_all_read();
  return part;
}

unet_context clips_of(int64_t batch, int64_t frames) {
  unet_context context;
  context.batch = batch;
  context.frames = frames;
  return context;
}

struct variant {
  std::string name;
  json options;
  bool identity, sees_ahead;
};

void PrintTo(const variant& one, std::ostream* out) { *out << one.options; }

const std::vector<variant>& variants() {
  static const std::vector<variant> all{
      {"Transformer", {{"type", "transformer"}}, false, true},
      {"TransformerCausal", {{"type", "transformer"}, {"pattern", {{"type", "causal"}}}}, false, false},
      {"TransformerZeroInit", {{"type", "transformer"}, {"zero_init", true}}, true, true},
      {"Conv", {{"type", "conv"}}, true, true},
      {"ConvSpatialAware", {{"type", "conv"}, {"spatial_aware", true}, {"groups", 8}}, true, true},
      {"ConvCausal",
       {{"type", "conv"}, {"causal", true}, {"norm_scope", "frame"}, {"spatial_aware", true}},
       true,
       false},
      {"PseudoConv", {{"type", "pseudo_conv"}}, true, true},
      {"PseudoConvWide", {{"type", "pseudo_conv"}, {"kernel", 5}}, true, true},
      {"PseudoConvCausal", {{"type", "pseudo_conv"}, {"causal", true}}, true, false},
      {"Shift", {{"type", "shift"}}, false, true},
      {"ShiftHalf", {{"type", "shift"}, {"fraction", 0.5}}, false, true},
      {"ShiftCausal", {{"type", "shift"}, {"causal", true}}, false, false},
      {"Blend", {{"type", "blend"}}, false, true},
      {"BlendOfConv", {{"type", "blend"}, {"inner", {{"type", "conv"}}}, {"alpha", 0.3}}, true, true},
      {"BlendFixed",
       {{"type", "blend"}, {"mixing", "fixed"}, {"alpha", 0.7}, {"inner", {{"type", "shift"}}}},
       false,
       true},
      {"BlendFixedOne", {{"type", "blend"}, {"mixing", "fixed"}, {"alpha", 1.0}}, true, false}};
  return all;
}

TEST(TemporalModules, EveryEntryOfTheTableIsHeldToTheContract) {
  for (const std::string& name : temporal_modules().names()) {
    const bool held = std::any_of(variants().begin(), variants().end(),
                                  [&](const variant& one) { return one.options.at("type") == name; });
    // A TorchScript program has no weights of its own here and no default; tests/cli runs the examples.
    EXPECT_TRUE(held || name == "none" || name == "torchscript") << name << ": say it in variants()";
  }
  EXPECT_EQ(made({{"type", "none"}}), nullptr);
}

class TemporalModule : public testing::TestWithParam<variant> {
 protected:
  TemporalModule() : part_(made(GetParam().options)) {}
  at::Tensor clips(int64_t batch, int64_t frames, int64_t height = 3, int64_t width = 4) {
    return fold_frames(random_.normal({batch, channels, frames, height, width}));
  }

  std::unique_ptr<temporal_module> part_;
  generator random_{5};
};

TEST_P(TemporalModule, KeepsItsIdentityContract) {
  const c10::NoGradGuard inference;
  part_->initialize(random_);
  EXPECT_EQ(part_->fresh_is_identity(), GetParam().identity);
  const at::Tensor x = clips(2, 5);
  EXPECT_EQ(at::equal(part_->forward(x, clips_of(2, 5)), x), GetParam().identity);
}

TEST_P(TemporalModule, KeepsTheShapeAndItsInput) {
  const c10::NoGradGuard inference;
  draw_all(*part_, random_);
  for (const int64_t frames : {1, 2, 5})
    for (const int64_t height : {1, 3}) {
      const at::Tensor x = clips(2, frames, height, height), before = x.clone();
      const at::Tensor y = part_->forward(x, clips_of(2, frames));
      EXPECT_EQ(y.sizes(), x.sizes());
      EXPECT_TRUE(y.is_contiguous(at::MemoryFormat::ChannelsLast));
      EXPECT_TRUE(at::isfinite(y).all().item<bool>());
      EXPECT_TRUE(at::equal(x, before));
    }
}

TEST_P(TemporalModule, InferenceGivesWhatTrainingGives) {
  draw_all(*part_, random_);
  const at::Tensor x = clips(2, 4), recorded = part_->forward(x, clips_of(2, 4));
  const c10::NoGradGuard inference;
  EXPECT_LE(largest_difference(part_->forward(x, clips_of(2, 4)), recorded), 1e-5);
}

TEST_P(TemporalModule, GradientsReachEveryParameter) {
  if (GetParam().name == "BlendFixedOne") GTEST_SKIP() << "with alpha 1 the inner module has no part in it";
  if (part_->slots().empty()) GTEST_SKIP() << "has no weights";
  draw_all(*part_, random_);
  const at::Tensor x = clips(2, 4);
  expect_gradients_reach(*part_, [&] { return part_->forward(x, clips_of(2, 4)); });
}

TEST_P(TemporalModule, GradientIsTheSlope) {
  draw_all(*part_, random_, 0.1);
  part_->to(at::kCPU, at::kDouble);
  at::Tensor x = clips(1, 3, 2, 2).to(at::kDouble);
  auto leaves = parameters_of(*part_);
  leaves.emplace_back("x", &x);
  expect_slopes(leaves, random_, [&] { return part_->forward(x, clips_of(1, 3)); });
}

TEST_P(TemporalModule, SeesLaterFramesOnlyIfItMay) {
  const c10::NoGradGuard inference;
  draw_all(*part_, random_);
  const at::Tensor x = clips(1, 6), before = part_->forward(x, clips_of(1, 6));
  const at::Tensor other = x.clone();
  other.select(0, 3).copy_(random_.normal(other[3].sizes()));
  const at::Tensor after = part_->forward(other, clips_of(1, 6));
  EXPECT_EQ(!at::equal(after.slice(0, 0, 3), before.slice(0, 0, 3)), GetParam().sees_ahead);
  EXPECT_FALSE(at::equal(after.slice(0, 3), before.slice(0, 3)));
}

TEST_P(TemporalModule, AClipAloneGivesTheBytesOfTheBatch) {
  const c10::NoGradGuard inference;
  draw_all(*part_, random_);
  for (const auto& [frames, height, width] : {std::tuple(1, 1, 1), {5, 3, 4}, {8, 8, 10}, {16, 2, 3}}) {
    const at::Tensor x = clips(2, frames, height, width), both = part_->forward(x, clips_of(2, frames));
    for (int64_t b = 0; b < 2; ++b) {
      const auto row = [&, frames = frames](const at::Tensor& t) {
        return t.slice(0, b * frames, (b + 1) * frames);
      };
      EXPECT_TRUE(at::equal(part_->forward(row(x), clips_of(1, frames)), row(both)))
          << frames << " frames of " << height << "x" << width;
    }
  }
}

TEST_P(TemporalModule, SavedWeightsGiveTheSameOutput) {
  draw_all(*part_, random_);
  const at::Tensor x = clips(1, 3);
  if (part_->slots().empty()) GTEST_SKIP() << "has no weights";
  expect_round_trip(*part_, [&] { return part_->forward(x, clips_of(1, 3)); });
}

TEST_P(TemporalModule, RunsWithoutMemory) {
  const c10::NoGradGuard inference;
  part_->initialize(random_, at::kFloat, at::kMeta);
  const meta_run run(at::kCPU);
  const at::Tensor x = clips(2, 5).to(at::kMeta);
  EXPECT_EQ(part_->forward(x, clips_of(2, 5)).sizes(), x.sizes());
  EXPECT_GE(run.peak().activations, static_cast<int64_t>(x.nbytes()));
}

INSTANTIATE_TEST_SUITE_P(Table, TemporalModule, testing::ValuesIn(variants()),
                         [](const auto& info) { return info.param.name; });

TEST(TemporalModules, WrongOptionsAreNamed) {
  const auto expect_refused = [](const json& options, const std::string& wanted) {
    try {
      made(options);
      FAIL() << "no error for " << options;
    } catch (const error& failure) {
      EXPECT_EQ(failure.kind(), error_kind::bad_input);
      EXPECT_NE(std::string(failure.what()).find(wanted), std::string::npos) << failure.what();
    }
  };
  expect_refused({{"type", "convs"}}, "did you mean 'conv'?");
  expect_refused({{"type", "conv"}, {"groups", 5}}, "32 channels are not divisible by the 5 groups");
  expect_refused({{"type", "conv"}, {"causal", true}}, "$.causal: the norms would see later frames");
  expect_refused({{"type", "conv"}, {"spatialaware", true}}, "did you mean 'spatial_aware'?");
  expect_refused({{"type", "pseudo_conv"}, {"kernel", 4}}, "$.kernel: got 4, wanted an odd number");
  expect_refused({{"type", "shift"}, {"fraction", 0.6}}, "$.fraction: got 0.6");
  expect_refused({{"type", "shift"}, {"fraction", 0.01}}, "0.01 of 32 channels is none");
  expect_refused({{"type", "blend"}, {"mixing", "none"}}, "$.mixing: got 'none'");
  expect_refused({{"type", "blend"}, {"alpha", 1.0}}, "$.alpha: got 1, wanted 0 to 1 without its ends");
  expect_refused({{"type", "blend"}, {"inner", {{"type", "none"}}}}, "$.inner: got 'none'");
  expect_refused({{"type", "blend"}, {"inner", {{"heads", 5}}}}, "$.inner: heads");
}

// b c f h w, of a stage's norm and convolution; zeros on both sides of the clip, or in front alone.
at::Tensor stage(const at::Tensor& x, const std::map<std::string, at::Tensor>& state, const std::string& norm,
                 const std::string& conv, int64_t groups) {
  const at::Tensor kernel = state.at(conv + ".weight"),
                   y = at::silu(
                       at::group_norm(x, groups, state.at(norm + ".weight"), state.at(norm + ".bias"), 1e-5));
  return at::conv3d(y, kernel, state.at(conv + ".bias"), 1,
                    {kernel.size(2) / 2, kernel.size(3) / 2, kernel.size(4) / 2});
}

std::map<std::string, at::Tensor> by_name(module& part) {
  std::map<std::string, at::Tensor> all;
  for (const parameter_slot& slot : part.slots()) all[slot.name] = *slot.tensor;
  return all;
}

TEST(TemporalConv, IsFourStagesOfTheFiveDimensionalClip) {
  for (const bool spatial_aware : {false, true}) {
    const auto part = made({{"type", "conv"}, {"spatial_aware", spatial_aware}, {"groups", 8}});
    generator random(3);
    draw_all(*part, random, 0.1);
    const auto state = by_name(*part);
    EXPECT_EQ(state.at("conv2.3.weight").size(3), spatial_aware ? 3 : 1);
    EXPECT_EQ(state.at("conv3.3.weight").size(3), 1);
    const at::Tensor clip = random.normal({2, channels, 5, 4, 3});
    at::Tensor y = stage(clip, state, "conv1.0", "conv1.2", 8);
    for (const char* name : {"conv2", "conv3", "conv4"})
      y = stage(y, state, concat(name, ".0"), concat(name, ".3"), 8);
    EXPECT_LE(largest_difference(part->forward(fold_frames(clip), clips_of(2, 5)), fold_frames(clip + y)),
              2e-5);
  }
}

TEST(PseudoConv, IsAOneDimensionalConvolutionOfEachPixel) {
  for (const bool causal : {false, true}) {
    const auto part = made({{"type", "pseudo_conv"}, {"causal", causal}});
    generator random(3);
    draw_all(*part, random);
    const auto state = by_name(*part);
    const at::Tensor clip = random.normal({2, channels, 5, 3, 2});
    // b c f h w -> (b h w) c f
    const at::Tensor pixels = clip.permute({0, 3, 4, 1, 2}).reshape({-1, channels, 5});
    const at::Tensor padded =
        at::constant_pad_nd(pixels, causal ? std::vector<int64_t>{2, 0} : std::vector<int64_t>{1, 1});
    const at::Tensor want =
        at::conv1d(padded, state.at("temporal_conv.weight"), state.at("temporal_conv.bias"))
            .reshape({2, 3, 2, channels, 5})
            .permute({0, 3, 4, 1, 2});
    EXPECT_LE(largest_difference(part->forward(fold_frames(clip), clips_of(2, 5)), fold_frames(want)), 1e-5);
  }
}

// Frames hold 1, 2, 3 everywhere.
TEST(TemporalShift, MovesChannelsByOneFrame) {
  const at::Tensor x = at::arange(1, 4).to(at::kFloat).view({3, 1, 1, 1}).expand({3, channels, 2, 2});
  const auto row = [](const at::Tensor& y, int64_t channel) {
    return y.select(1, channel).select(1, 1).select(1, 0);
  };
  const at::Tensor late = at::tensor({0.F, 1.F, 2.F}), early = at::tensor({2.F, 3.F, 0.F}),
                   as_it_was = row(x, 0);
  const at::Tensor both = made({{"type", "shift"}})->forward(x, clips_of(1, 3));
  for (int64_t c = 0; c < channels; ++c)
    EXPECT_TRUE(at::equal(row(both, c), c < 4 ? early : c < 8 ? late : as_it_was)) << c;
  const at::Tensor causal = made({{"type", "shift"}, {"causal", true}})->forward(x, clips_of(1, 3));
  for (int64_t c = 0; c < channels; ++c)
    EXPECT_TRUE(at::equal(row(causal, c), c < 4 ? late : as_it_was)) << c;
}

TEST(TemporalBlend, IsTheWeighedSum) {
  generator random(3);
  const at::Tensor x = fold_frames(random.normal({1, channels, 4, 2, 3}));
  const at::Tensor shifted = made({{"type", "shift"}})->forward(x, clips_of(1, 4));
  const json inner{{"type", "shift"}};
  const auto fixed = made({{"type", "blend"}, {"mixing", "fixed"}, {"alpha", 0.3}, {"inner", inner}});
  EXPECT_TRUE(fixed->slots().empty());
  EXPECT_LE(largest_difference(fixed->forward(x, clips_of(1, 4)), x * 0.3 + shifted * 0.7), 1e-6);
  const auto learned = made({{"type", "blend"}, {"alpha", 0.3}, {"inner", inner}});
  learned->initialize(random);
  EXPECT_LE(largest_difference(learned->forward(x, clips_of(1, 4)), x * 0.3 + shifted * 0.7), 1e-6);
  ASSERT_EQ(learned->slots().size(), 1u);
  EXPECT_EQ(learned->slots()[0].name, "mix_factor");
  learned->slots()[0].tensor->fill_(0.5);  // sigmoid(0.5) = 0.6224593
  EXPECT_LE(largest_difference(learned->forward(x, clips_of(1, 4)), x * 0.6224593 + shifted * 0.3775407),
            1e-6);
}

TEST(TemporalBlend, HoldsAsManyFramesAsItsInnerModule) {
  EXPECT_EQ(made({{"type", "blend"}, {"inner", {{"maximum_frames", 7}}}})->maximum_frames(), 7);
  EXPECT_EQ(made({{"type", "blend"}, {"inner", {{"type", "conv"}}}})->maximum_frames(), 0);
}

}  // namespace
}  // namespace zoetrope
