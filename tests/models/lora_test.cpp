// W' = W + scale · alpha / rank · up · down on each kind of layer; the formula is written out with torch's
// operators.
#include "models/lora.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "foreign_parts.hpp"
#include "models/channel_projection.hpp"
#include "models/layers.hpp"

namespace zoetrope {
namespace {

// One layer of each kind that a LoRA changes, and one that it does not.
struct small_part : public module {
  small_part() {
    add_child("to_q", to_q);
    add_child("conv", conv);
    add_child("proj_in", proj_in);
    add_child("norm", norm);
  }
  linear to_q{6, 4};
  conv2d conv{5, 3, {.kernel = 3, .stride = 2, .padding = 1}};
  channel_projection proj_in{{.in_channels = 4, .out_channels = 8, .convolution = true}};
  layer_norm norm{8};
};

const std::map<std::string, std::vector<int64_t>> inputs = {
    {"to_q", {2, 6}}, {"conv", {1, 5, 7, 6}}, {"proj_in", {2, 3, 4}}};

class Lora : public testing::Test {
 protected:
  Lora() {
    part.initialize(random);
    base = put_tensors(folder, "base.safetensors", state_of(part));
    put_tensors(folder, "first.safetensors",
                {{"unet.to_q.lora_A.weight", numbers({2, 6}, 1)},
                 {"unet.to_q.lora_B.weight", numbers({4, 2}, 2)},
                 {"unet.to_q.alpha", at::scalar_tensor(3.0)},
                 {"unet.conv.lora_A.weight", numbers({4, 5, 3, 3}, 3)},
                 {"unet.conv.lora_B.weight", numbers({3, 4, 1, 1}, 4)}});
    put_tensors(folder, "second.safetensors",
                {{"lora_unet_to_q.lora_down.weight", numbers({3, 6}, 5).to(at::kHalf)},
                 {"lora_unet_to_q.lora_up.weight", numbers({4, 3}, 6).to(at::kHalf)},
                 {"lora_unet_proj_in.lora_down.weight", numbers({1, 4}, 7)},
                 {"lora_unet_proj_in.lora_up.weight", numbers({8, 1}, 8)}});
  }
  lora_set loras(double first, double second) const {
    return lora_set({{folder / "first.safetensors", first}, {folder / "second.safetensors", second}},
                    {{"unet", &part}});
  }
  tensor_map loaded(small_part& target, const lora_set& changes, bool merged,
                    load_options options = {}) const {
    if (merged)
      changes.merge_into(options, "unet");
    else
      changes.attach_to(target, "unet", options);
    weight_source(target, {{safetensors_file::open(base)}}, options).fill();
    tensor_map outputs;
    for (const auto& [layer, shape] : inputs) {
      const at::Tensor x = numbers(shape, 9);
      outputs[layer] = layer == "to_q"   ? target.to_q.forward(x)
                       : layer == "conv" ? target.conv.forward(x)
                                         : target.proj_in.forward(x);
    }
    return outputs;
  }
  // The failure that one file with these tensors gives.
  std::string failure(const tensor_map& tensors, double scale = 1.0) const {
    const auto file = put_tensors(folder, "bad.safetensors", tensors);
    return failure_of([&] { lora_set({{file, scale}}, {{"unet", &part}}); });
  }

  const temporary_folder folder;
  generator random{17};
  small_part part;
  std::filesystem::path base;
};

TEST_F(Lora, MergesTheSumOfAllFiles) {
  small_part changed;
  loaded(changed, loras(0.7, -1.5), true);
  const at::Tensor query = part.to_q.weight +
                           0.7 * 3.0 / 2.0 * at::mm(numbers({4, 2}, 2), numbers({2, 6}, 1)) -
                           1.5 * at::mm(numbers({4, 3}, 6).to(at::kHalf).to(at::kFloat),
                                        numbers({3, 6}, 5).to(at::kHalf).to(at::kFloat));
  EXPECT_TRUE(at::allclose(changed.to_q.weight, query, 1e-6, 1e-6));
  const at::Tensor conv =
      part.conv.weight +
      0.7 * at::einsum("or,rikl->oikl", {numbers({3, 4, 1, 1}, 4).flatten(1), numbers({4, 5, 3, 3}, 3)});
  EXPECT_TRUE(at::allclose(changed.conv.weight, conv, 1e-6, 1e-6));
  EXPECT_TRUE(changed.conv.weight.is_contiguous(at::MemoryFormat::ChannelsLast));
  const at::Tensor projection =
      part.proj_in.weight.flatten(1) - 1.5 * at::mm(numbers({8, 1}, 8), numbers({1, 4}, 7));
  EXPECT_TRUE(at::allclose(changed.proj_in.weight.flatten(1), projection, 1e-6, 1e-6));
  EXPECT_TRUE(at::equal(changed.to_q.bias, part.to_q.bias));
}

TEST_F(Lora, BesideTheWeightsGivesWhatMergedGives) {
  for (const auto& [first, second] : {std::pair(1.0, 1.0), {0.7, -1.5}, {0.0, 2.0}}) {
    small_part merged, beside;
    const tensor_map want = loaded(merged, loras(first, second), true),
                     got = loaded(beside, loras(first, second), false);
    for (const auto& [layer, output] : want) {
      EXPECT_TRUE(at::allclose(got.at(layer), output, 1e-5, 1e-5))
          << layer << " at scales " << first << ", " << second;
      EXPECT_TRUE(at::equal(*beside.slots()[0].tensor, *part.slots()[0].tensor));
    }
  }
}

TEST_F(Lora, AtScaleZeroChangesNothing) {
  small_part changed;
  loaded(changed, loras(0.0, 0.0), true);
  for (const auto& [name, tensor] : state_of(part))
    EXPECT_TRUE(at::equal(state_of(changed).at(name), tensor)) << name;
}

TEST_F(Lora, IsAddedInF32BeforeTheCast) {
  small_part half, whole;
  load_options options{.dtype = at::kBFloat16};
  loras(0.7, 1.0).merge_into(options, "unet");
  weight_source(half, {{safetensors_file::open(base)}}, options).fill();
  loaded(whole, loras(0.7, 1.0), true);
  EXPECT_TRUE(at::equal(half.to_q.weight, whole.to_q.weight.to(at::kBFloat16)));
}

TEST_F(Lora, HoldsForEveryTimeThatAWeightIsLoaded) {
  small_part target;
  load_options options;
  loras(1.0, 1.0).merge_into(options, "unet");
  const weight_source source(target, {{safetensors_file::open(base)}}, options);
  source.fill();
  const at::Tensor first = target.to_q.weight;
  target.release();
  EXPECT_TRUE(at::equal(source.make(&target.to_q.weight), first));
  EXPECT_FALSE(at::equal(first, part.to_q.weight));
}

TEST_F(Lora, BesideTheWeightsIsInTheModelsType) {
  small_part target;
  const load_options options{.dtype = at::kBFloat16};
  loras(1.0, 1.0).attach_to(target, "unet", options);
  ASSERT_EQ(target.to_q.adapters.size(), 2u);
  EXPECT_EQ(target.to_q.adapters[0].down.scalar_type(), at::kBFloat16);
  EXPECT_EQ(target.to_q.adapters[0].scale, 1.5);
  EXPECT_EQ(target.conv.adapters.at(0).up.sizes(), at::IntArrayRef({3, 4, 1, 1}));
}

TEST_F(Lora, CountsTheLayersThatItChanges) {
  EXPECT_EQ(loras(1, 1).layers_of("unet"), 3u);
  EXPECT_EQ(loras(1, 1).layers_of("text_encoder"), 0u);
  EXPECT_EQ(lora_set().layers_of("unet"), 0u);
}

TEST_F(Lora, OfAnotherWidthIsRefusedByKeyGotAndWanted) {
  const at::Tensor up = numbers({4, 2}, 1);
  const std::string other_in =
      failure({{"unet.to_q.lora_A.weight", numbers({2, 7}, 1)}, {"unet.to_q.lora_B.weight", up}});
  EXPECT_TRUE(mentions(other_in, "bad_input: "));
  EXPECT_TRUE(mentions(other_in, "bad.safetensors"));
  EXPECT_TRUE(mentions(other_in, "key 'unet.to_q.lora_A.weight': got [2, 7], wanted [2, 6] (unet.to_q)"));
  EXPECT_TRUE(mentions(failure({{"unet.to_q.lora_A.weight", numbers({2, 6}, 1)},
                                {"unet.to_q.lora_B.weight", numbers({5, 2}, 1)}}),
                       "key 'unet.to_q.lora_B.weight': got [5, 2], wanted [4, 2]"));
  EXPECT_TRUE(
      mentions(failure({{"unet.to_q.lora_A.weight", numbers({3, 6}, 1)}, {"unet.to_q.lora_B.weight", up}}),
               "got [4, 2], wanted [4, 3]"));  // two ranks
  EXPECT_TRUE(mentions(failure({{"unet.conv.lora_A.weight", numbers({2, 5, 1, 1}, 1)},
                                {"unet.conv.lora_B.weight", numbers({3, 2, 1, 1}, 1)}}),
                       "got [2, 5, 1, 1], wanted [2, 5, 3, 3]"));
}

TEST_F(Lora, WithWrongTensorsIsRefused) {
  const at::Tensor down = numbers({2, 6}, 1), up = numbers({4, 2}, 1);
  const std::string a = "unet.to_q.lora_A.weight", b = "unet.to_q.lora_B.weight", alpha = "unet.to_q.alpha";
  EXPECT_TRUE(mentions(failure({{a, down}}), "key 'unet.to_q.lora_A.weight' has no up beside it"));
  EXPECT_TRUE(mentions(failure({{b, up}}), "has no down beside it"));
  EXPECT_TRUE(mentions(failure({{alpha, at::ones({})}}), "has no down beside it"));
  EXPECT_TRUE(mentions(failure({{a, down}, {b, up}, {"lora_unet_to_q.lora_down.weight", down}}),
                       "are for the same layer"));
  EXPECT_TRUE(mentions(failure({{a, down.to(at::kLong)}, {b, up}}), "got I64, wanted floating point"));
  EXPECT_TRUE(
      mentions(failure({{a, down.slice(0, 0, 0)}, {b, up.slice(1, 0, 0)}}), "wanted a rank of 1 or more"));
  EXPECT_TRUE(mentions(failure({{a, down}, {b, up}, {alpha, at::ones({2})}}), "got 2 numbers, wanted 1"));
  EXPECT_TRUE(
      mentions(failure({{a, down}, {b, up}, {alpha, at::full({}, std::numeric_limits<float>::infinity())}}),
               "finite"));
}

TEST_F(Lora, ThatNamesNoLayerIsRefused) {
  const std::string unknown = failure({{"unet.to_q.lora_A.weight", numbers({2, 6}, 1)},
                                       {"unet.to_q.lora_B.weight", numbers({4, 2}, 1)},
                                       {"unet.to_k.lora_A.weight", numbers({2, 6}, 1)},
                                       {"unet.norm.lora_A.weight", numbers({2, 6}, 1)}});
  EXPECT_TRUE(mentions(unknown, "2 of 4 keys name no layer of this model, the first is 'unet."));
  EXPECT_TRUE(mentions(failure({}), "changes nothing"));
}

TEST_F(Lora, AtAScaleThatIsNoNumberIsAUsageError) {
  EXPECT_TRUE(mentions(failure({}, std::numeric_limits<double>::quiet_NaN()), "usage: "));
}

}  // namespace
}  // namespace zoetrope
