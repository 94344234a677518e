// See motion_presets.hpp.
#include "models/motion_presets.hpp"

namespace zoetrope {

namespace {

using names = std::vector<std::string>;

model_preset of_unet(json unet) { return {.components = {{"unet", std::move(unet)}}}; }

// Blocks with attention at the levels of which `attention` says so, top to bottom.
json video_unet(const std::vector<int>& channels, const std::vector<bool>& attention, json changes) {
  names down, up;
  for (const bool cross : attention) {
    down.push_back(cross ? "CrossAttnDownBlock3D" : "DownBlock3D");
    up.insert(up.begin(), cross ? "CrossAttnUpBlock3D" : "UpBlock3D");
  }
  json unet{{"_class_name", "UNet3DConditionModel"},
            {"block_out_channels", channels},
            {"down_block_types", down},
            {"up_block_types", up},
            {"mid_block_type", "UNetMidBlock3DCrossAttn"},
            {"layers_per_block", 2},
            {"norm_scope", "frame"}};
  unet.update(changes);
  return unet;
}

json stable_diffusion_15(json changes) {
  json unet = video_unet({320, 640, 1280, 1280}, {true, true, true, false},
                         {{"sample_size", 64}, {"attention_head_dim", 8}, {"cross_attention_dim", 768}});
  unet.update(changes);
  return unet;
}

const json no_temporal{{"temporal", {{"type", "none"}}}};

json animatediff_temporal(int frames, const names& placement) {
  return {{"type", "transformer"}, {"maximum_frames", frames}, {"zero_init", true}, {"placement", placement}};
}

}  // namespace

model_preset animatediff_v1() {
  return of_unet(
      stable_diffusion_15({{"temporal", animatediff_temporal(24, {"down", "up"})}, {"norm_scope", "clip"}}));
}

model_preset animatediff_v2() {
  return of_unet(stable_diffusion_15({{"temporal", animatediff_temporal(32, {"down", "mid", "up"})}}));
}

model_preset animatediff_v3() {
  return of_unet(stable_diffusion_15({{"temporal", animatediff_temporal(32, {"down", "up"})}}));
}

model_preset animatediff_sdxl() {
  json unet = video_unet_config(model_presets().find("sdxl")().component("unet"));
  unet["temporal"] = animatediff_temporal(32, {"down", "up"});
  unet["norm_scope"] = "frame";
  return of_unet(std::move(unet));
}

model_preset videocrafter2() {
  const json transformer{{"type", "transformer"},
                         {"head_dim", 64},
                         {"norm_scope", "clip"},
                         {"zero_init", true},
                         {"position", {{"type", "none"}}}};
  json everywhere = transformer;
  everywhere["placement"] = {"down", "mid", "up", "conv_in"};
  return of_unet(video_unet(
      {320, 640, 1280, 1280}, {true, true, true, false},
      {{"sample_size", 64},
       {"attention_head_dim", {5, 10, 20, 20}},
       {"cross_attention_dim", 1024},
       {"use_linear_projection", true},
       {"fps_embedding", true},
       {"temporal", everywhere},
       {"resnet", {{"temporal", {{"type", "conv"}}}}},
       // No attention at the coarsest resolution but in the middle; behind conv_in eight heads, of 64
       // channels as everywhere, which are more than the 320 there.
       {"down_blocks", {{"3", no_temporal}}},
       {"up_blocks", {{"0", no_temporal}}},
       {"conv_in", {{"temporal", {{"heads", 8}}}}}}));
}

namespace {

// What the two open pixel-space nets have in common: their README's sizes.
model_preset of_pixels(const std::vector<bool>& attention, json changes) {
  json unet = video_unet({64, 128, 256, 512}, attention,
                         {{"in_channels", 3},
                          {"out_channels", 3},
                          {"sample_size", 64},
                          {"attention_head_dim", 8},
                          {"norm_num_groups", 8},
                          {"cross_attention_dim", 768},
                          {"use_linear_projection", true}});
  unet.update(changes);
  return of_unet(std::move(unet));
}

json one_attention(json changes) {
  json temporal{{"type", "transformer"},
                {"attentions", {"self"}},
                {"zero_init", true},
                {"token_shift", true},
                {"placement", {"down", "mid", "up"}}};
  temporal.update(changes);
  return temporal;
}

}  // namespace

model_preset make_a_video() {
  const json bias{{"type", "mlp_bias"}};
  return of_pixels({false, false, false, true},
                   {{"resnet", {{"type", "pseudo_3d"}, {"scale_shift", true}}},
                    {"spatial", {{"position", bias}}},
                    {"temporal", one_attention({{"position", bias}})},
                    {"levels", {{"0", no_temporal}, {"1", no_temporal}, {"2", no_temporal}}}});
}

model_preset imagen_video() {
  const json positions{{{"type", "depthwise_conv"}, {"causal", true}}, {{"type", "mlp_bias"}}};
  return of_pixels(
      {false, true, true, true},
      {{"resnet", {{"type", "pseudo_3d"}, {"causal", true}, {"gate", "frame"}, {"scale_shift", true}}},
       // Over frames there is attention at every resolution and behind conv_in, over pixels at three.
       {"temporal", one_attention({{"heads", 8},
                                   {"head_dim", 64},
                                   {"placement", {"down", "mid", "up", "conv_in"}},
                                   {"pattern", {{"type", "causal"}}},
                                   {"position", {{"type", "several"}, {"of", positions}}}})}});
}

}  // namespace zoetrope
