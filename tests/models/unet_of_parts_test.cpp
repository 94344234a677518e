// Small UNets of every temporal module, residual block, norm scope and placement: forward and backward, and
// what fresh modules that are the identity leave of the 2-D UNet.
#include <algorithm>
#include <map>

#include "models/norm_scope.hpp"
#include "models/resnet_block.hpp"
#include "models/temporal_module.hpp"
#include "models/unet3d.hpp"
#include "tests/models/part_contract.hpp"

namespace zoetrope {
namespace {

json small(const char* dimensions, const json& changes) {
  const auto block = [&](const char* name) { return concat(name, dimensions); };
  json tree{{"_class_name", "UNet3DConditionModel"},
            {"down_block_types", {block("DownBlock"), block("CrossAttnDownBlock")}},
            {"up_block_types", {block("CrossAttnUpBlock"), block("UpBlock")}},
            {"block_out_channels", {32, 64}},
            {"layers_per_block", 1},
            {"norm_num_groups", 8},
            {"attention_head_dim", {2, 4}},
            {"cross_attention_dim", 12}};
  tree.update(changes);
  return tree;
}

struct call {
  explicit call(uint64_t seed, int64_t frames) {
    generator random(seed);
    sample = random.normal({1, 4, frames, 4, 6});
    text = random.normal({1, 5, 12});
  }
  at::Tensor operator()(const unet3d& unet, bool temporal = true) const {
    const projected_text projected = unet.project_text(text);
    unet_input input;
    input.sample = sample;
    input.timestep = at::tensor({321.5});
    input.text = &projected;
    input.temporal = temporal;
    return unet.forward(input);
  }
  at::Tensor sample, text;
};

struct parts_case {
  std::string name;
  json changes;
};

void PrintTo(const parts_case& one, std::ostream* out) { *out << one.changes; }

json temporal_of(const std::string& type) { return {{"temporal", {{"type", type}}}}; }
json resnet_of(const json& options) { return {{"resnet", options}}; }

std::vector<parts_case> cases() {
  std::vector<parts_case> all;
  for (const std::string& type : temporal_modules().names()) {
    if (type == "torchscript") continue;  // needs a program: tests/cli
    all.push_back({"temporal_" + type, temporal_of(type)});
    all.push_back({"behind_resnets_" + type, resnet_of({{"temporal", {{"type", type}}}})});
  }
  for (const std::string& type : resnet_blocks().names())
    all.push_back({"resnet_" + type, resnet_of({{"type", type}})});
  for (const char* place : {"down", "mid", "up", "conv_in"})
    all.push_back({concat("placement_", place), {{"temporal", {{"type", "conv"}, {"placement", {place}}}}}});
  for (const std::string& scope : norm_scopes().names()) {
    all.push_back({"scope_" + scope, {{"norm_scope", scope}}});
    all.push_back({"temporal_scope_" + scope, {{"temporal", {{"norm_scope", scope}}}}});
  }
  all.push_back({"scope_window_of_two", {{"norm_scope", {{"type", "window"}, {"frames", 2}}}}});
  all.push_back(
      {"by_level",
       {{"levels", {{"1", {{"temporal", {{"type", "conv"}}}, {"resnet", {{"type", "full_3d"}}}}}}}}});
  all.push_back(
      {"by_block",
       {{"mid_block", {{"resnet", {{"type", "pseudo_3d"}, {"temporal", {{"type", "shift"}}}}}}},
        {"up_blocks", {{"1", {{"norm_scope", "frame"}, {"resnet", {{"type", "global_context"}}}}}}}}});
  return all;
}

class UnetOfParts : public testing::TestWithParam<parts_case> {
 protected:
  generator random_{11};
};

TEST_P(UnetOfParts, RunsForwardAndBackward) {
  unet3d unet(config(small("3D", GetParam().changes)));
  draw_all(unet, random_, 0.1);
  const call given(5, 3);
  const at::Tensor y = given(unet);
  EXPECT_EQ(y.sizes(), given.sample.sizes());
  EXPECT_TRUE(at::isfinite(y).all().item<bool>());
  expect_gradients_reach(unet, [&] { return given(unet); });
}

INSTANTIATE_TEST_SUITE_P(Configs, UnetOfParts, testing::ValuesIn(cases()),
                         [](const auto& info) { return info.param.name; });

// The weights of the 2-D UNet, a kernel's in the present frame of a kernel over frames; the others fresh.
void take_weights(unet3d& unet, const unet3d& flat, generator& random) {
  std::map<std::string, const at::Tensor*> known;
  for (const parameter_slot& slot : flat.slots()) known[slot.name] = slot.tensor;
  for (const parameter_slot& slot : unet.slots()) {
    const auto found = known.find(slot.name);
    if (found == known.end()) continue;
    at::Tensor value = found->second->clone();
    if (static_cast<int64_t>(slot.shape.size()) > value.dim()) {
      const at::Tensor inflated = at::zeros(slot.shape);
      inflated.select(2, slot.shape[2] / 2).copy_(value);
      value = inflated;
    }
    *slot.tensor = value;
    known.erase(found);
  }
  EXPECT_TRUE(known.empty()) << known.begin()->first;
  unet.initialize(random);
}

class UnetOfFreshParts : public UnetOfParts {};

TEST_P(UnetOfFreshParts, IsTheTwoDimensionalUnet) {
  const c10::NoGradGuard inference;
  json changes = GetParam().changes;
  changes["norm_scope"] = "frame";
  unet3d flat(config(small("2D", json::object()))), unet(config(small("3D", changes)));
  draw_all(flat, random_, 0.1);
  take_weights(unet, flat, random_);
  const call given(5, 3);
  const at::Tensor want = given(flat);
  EXPECT_TRUE(at::equal(given(unet), want));
  draw_all(unet, random_, 0.1);
  EXPECT_FALSE(at::equal(given(unet), given(unet, /*temporal=*/false))) << "the parts do something";
}

const json everywhere{"down", "mid", "up", "conv_in"};

INSTANTIATE_TEST_SUITE_P(
    Configs, UnetOfFreshParts,
    testing::Values(
        parts_case{"transformer", {{"temporal", {{"zero_init", true}, {"placement", everywhere}}}}},
        parts_case{"conv", {{"temporal", {{"type", "conv"}, {"placement", everywhere}}}}},
        parts_case{"pseudo_conv", {{"temporal", {{"type", "pseudo_conv"}, {"placement", everywhere}}}}},
        parts_case{
            "blend",
            {{"temporal", {{"type", "blend"}, {"inner", {{"type", "conv"}}}, {"placement", everywhere}}}}},
        parts_case{"conv_behind_resnets",
                   {{"temporal", {{"type", "none"}}}, {"resnet", {{"temporal", {{"type", "conv"}}}}}}},
        parts_case{"pseudo_3d", {{"temporal", {{"type", "none"}}}, {"resnet", {{"type", "pseudo_3d"}}}}},
        parts_case{"full_3d", {{"temporal", {{"type", "none"}}}, {"resnet", {{"type", "full_3d"}}}}}),
    [](const auto& info) { return info.param.name; });

std::vector<std::string> names_with(const json& changes, const std::string& part) {
  const unet3d unet(config(small("3D", changes)));
  std::vector<std::string> found;
  for (const parameter_slot& slot : unet.slots())
    if (slot.name.find(part) != std::string::npos) found.push_back(slot.name);
  return found;
}

TEST(UnetPartPlaces, ModulesBehindResnetsBearDiffusersNames) {
  const auto names = names_with(resnet_of({{"temporal", {{"type", "conv"}}}}), ".temp_convs.");
  EXPECT_EQ(names.size(), 16u * 8);  // 2 down, 2 middle, 4 up; four norms and convolutions each
  for (const char* name : {"down_blocks.0.temp_convs.0.conv1.0.weight", "mid_block.temp_convs.1.conv2.3.bias",
                           "up_blocks.1.temp_convs.1.conv4.3.weight"})
    EXPECT_NE(std::find(names.begin(), names.end(), name), names.end()) << name;
  EXPECT_TRUE(names_with(json::object(), ".temp_convs.").empty());
}

TEST(UnetPartPlaces, ABlockMayDifferFromItsLevelAndTheNet) {
  const json changes{{"resnet", {{"type", "pseudo_3d"}}},
                     {"levels", {{"1", {{"resnet", {{"type", "full_3d"}}}}}}},
                     {"up_blocks", {{"0", {{"resnet", {{"type", "hotshot"}}}}}}}};
  const unet3d unet(config(small("3D", changes)));
  const auto has = [&](const char* path) { return unet.find_child(path) != nullptr; };
  const auto dims = [&](const std::string& name) {
    for (const parameter_slot& slot : unet.slots())
      if (slot.name == name) return slot.shape.size();
    return std::size_t{0};
  };
  EXPECT_TRUE(has("down_blocks.0.resnets.0.temporal_conv1"));
  EXPECT_FALSE(has("down_blocks.1.resnets.0.temporal_conv1"));
  EXPECT_EQ(dims("down_blocks.1.resnets.0.conv1.weight"), 5u);
  EXPECT_EQ(dims("mid_block.resnets.0.conv1.weight"), 5u);
  EXPECT_EQ(dims("up_blocks.0.resnets.0.conv1.weight"), 4u);
  EXPECT_TRUE(has("up_blocks.1.resnets.0.temporal_conv1"));
}

TEST(UnetPartPlaces, TablesBehindResnetsLimitTheFrames) {
  const json inner{{"type", "blend"}, {"inner", {{"maximum_frames", 7}}}};
  EXPECT_EQ(unet3d(config(small("3D", resnet_of({{"temporal", inner}})))).maximum_frames(), 7);
}

TEST(UnetPartPlaces, WrongOptionsAreNamedWithTheirPlace) {
  const auto expect_refused = [](const json& changes, const std::string& wanted) {
    try {
      const unet3d unet(config(small("3D", changes), "unet/config.json"));
      FAIL() << "no error for " << changes;
    } catch (const error& failure) {
      EXPECT_EQ(failure.kind(), error_kind::bad_input);
      EXPECT_NE(std::string(failure.what()).find(wanted), std::string::npos) << failure.what();
    }
  };
  expect_refused(resnet_of({{"type", "hotshots"}}), "did you mean 'hotshot'?");
  expect_refused(resnet_of({{"type", "hotshot"}, {"causal", true}}), "$.resnet.causal");
  expect_refused(resnet_of({{"temporal", {{"type", "conv"}, {"groups", 7}}}}), "down_blocks.0");
  expect_refused({{"levels", {{"1", {{"temporal", {{"hedas", 4}}}}}}}}, "did you mean 'heads'?");
  expect_refused({{"mid_block", {{"temporal", {{"heads", 4}}}}}},
                 "$.mid_block.temporal");  // not placed there
  expect_refused({{"mid_block", {{"resnet", {{"type", "full_3d"}, {"causal", true}}}}}}, "mid_block");
  const json conv{{"temporal", {{"type", "conv"}}}};
  expect_refused({{"levels", {{"5", conv}}}},
                 "$.levels.5: this net has no such place; its levels are 0, 1 (0 is the finest)");
  expect_refused({{"up_blocks", {{"2", conv}}}}, "its up_blocks are 0, 1");
  expect_refused({{"conv_in", conv}}, "where temporal.placement names it");
  expect_refused({{"levels", 3}}, "$.levels: wanted an object, got number");
  expect_refused({{"temporal", {{"activation", "gelo"}}}},
                 "$.temporal.activation: unknown feed-forward activation");
  // Nor is a wrong key lost where another type stands in some places.
  expect_refused({{"temporal", {{"hedas", 4}}}, {"levels", {{"1", conv}}}}, "$.temporal.hedas");
}

TEST(UnetPartPlaces, APlaceOfWhichNothingIsSaidIsAsTheWholeNet) {
  const config options(
      small("3D", {{"levels", {{"1", json::object()}, {"0", {{"temporal", json::object()}}}}},
                   {"mid_block", json::object()},
                   {"conv_in", json::object()},
                   {"up_blocks", json::object()}}));
  const unet3d unet(options);
  EXPECT_EQ(options.unread(), std::vector<std::string>());
}

// Of the blocks at the coarsest level here the middle one alone has attention.
TEST(UnetPartPlaces, AKeyNeedsAReaderInOneOfItsPlaces) {
  const json changes{{"down_block_types", {"DownBlock3D", "DownBlock3D"}},
                     {"up_block_types", {"UpBlock3D", "UpBlock3D"}},
                     {"spatial", {{"backend", {{"type", "dense"}}}}},
                     {"levels", {{"1", {{"spatial", {{"pattern", {{"type", "causal"}}}}}}}}},
                     {"mid_block", {{"spatial", {{"position", {{"type", "alibi"}}}}}}}};
  EXPECT_NO_THROW(unet3d(config(small("3D", changes))));
}

// What is laid over something in all places takes its other keys along.
TEST(UnetPartPlaces, AKeyMayBeReadWhereOthersAreLaidOverIt) {
  const json rope{{"temporal", {{"position", {{"type", "rope"}}}}}};
  const config options(small(
      "3D", {{"temporal", {{"pattern", {{"type", "causal"}}}}}, {"levels", {{"0", rope}, {"1", rope}}}}));
  const unet3d unet(options);
  EXPECT_EQ(options.unread(), std::vector<std::string>());
  const json none{{"temporal", {{"type", "none"}}}};
  const json nowhere{{"temporal", {{"heads", 4}}}, {"levels", {{"0", none}, {"1", none}}}};
  EXPECT_NO_THROW(unet3d(config(small("3D", nowhere)))) << "parts may give way everywhere";
}

}  // namespace
}  // namespace zoetrope
