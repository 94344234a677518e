// Kind hotshot_module: one module of Hotshot-XL's UNet by itself, built from its constructor's arguments.
#include <ATen/ATen.h>

#include <algorithm>
#include <functional>

#include "core/io/model_directory.hpp"
#include "core/tensor/weight_source.hpp"
#include "eval/reference_kinds/reference_kinds.hpp"
#include "models/frames.hpp"
#include "models/resampling.hpp"
#include "models/resnet_block_3d.hpp"
#include "models/transformer_spatial.hpp"
#include "models/transformer_temporal.hpp"

namespace zoetrope {

namespace {

// A module under test: how it is loaded, and how one call is made of the case's inputs.
struct subject {
  std::unique_ptr<module> part;
  /// x: (b f) c h w; `input` gives the call's tensor of that name, undefined where there is none.
  using inputs = std::function<at::Tensor(const std::string& name)>;
  std::function<at::Tensor(const at::Tensor& x, unet_context context, const inputs& input)> call;
};

void refuse(const config& arguments, std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    const json value = arguments.has(key) ? arguments.at(key).value() : json();
    if (!value.is_null() && value != json(false)) throw arguments.at(key).fail("not supported");
  }
}

subject make_resnet(const config& arguments) {
  resnet_block_3d::options options{};
  options.in_channels = arguments.get<int64_t>("in_channels");
  options.out_channels = arguments.get("out_channels", options.in_channels);
  const auto keys = arguments.keys();
  const bool no_time =
      !arguments.has("temb_channels") && std::count(keys.begin(), keys.end(), "temb_channels") > 0;
  options.time_channels = no_time ? 0 : arguments.get("temb_channels", int64_t{512});
  options.groups = arguments.get("groups", int64_t{32});
  options.groups_out = arguments.get("groups_out", options.groups);
  options.eps = arguments.get("eps", 1e-6);
  const std::string time_norm = arguments.get("time_embedding_norm", "default");
  if (time_norm != "default" && time_norm != "scale_shift")
    throw arguments.at("time_embedding_norm").fail("wanted 'default' or 'scale_shift'");
  options.scale_shift = time_norm == "scale_shift";
  options.scope = norm_scope::clip();
  options.output_scale_factor = arguments.get("output_scale_factor", 1.0);
  options.shortcut = arguments.get("use_in_shortcut", options.in_channels != options.out_channels);
  options.shortcut_bias = arguments.get("conv_shortcut_bias", true);
  const std::string act = arguments.get("non_linearity", "silu");
  if (act != "silu") throw arguments.at("non_linearity").fail("wanted 'silu'");

  auto part = std::make_unique<resnet_block_3d>(options);
  const auto* resnet = part.get();
  return {std::move(part), [resnet](const at::Tensor& x, unet_context context, const subject::inputs& input) {
            const at::Tensor time = input("temb");
            if (time.defined()) context.time = at::silu(time);
            return resnet->forward(x, context);
          }};
}

subject make_spatial(const config& arguments) {
  refuse(arguments, {"num_vector_embeds", "patch_size", "num_embeds_ada_norm", "double_self_attention"});
  transformer_spatial::options options{};
  options.in_channels = arguments.get<int64_t>("in_channels");
  options.depth = arguments.get("num_layers", int64_t{1});
  options.groups = arguments.get("norm_num_groups", int64_t{32});
  options.linear_projection = arguments.get("use_linear_projection", false);
  options.zero_init = true;
  options.block.heads = arguments.get("num_attention_heads", int64_t{16});
  options.block.head_dim = arguments.get("attention_head_dim", int64_t{88});
  options.block.channels = options.block.heads * options.block.head_dim;
  options.block.context_channels = arguments.get("cross_attention_dim", int64_t{0});
  options.block.only_cross_attention = arguments.get("only_cross_attention", false);
  options.block.attention_bias = arguments.get("attention_bias", false);
  options.block.activation = arguments.get("activation_fn", "geglu");

  auto part = std::make_unique<transformer_spatial>(options);
  const auto* transformer = part.get();
  const auto layers = assign_text_slots(*transformer);
  return {std::move(part), [=](const at::Tensor& x, unet_context context, const subject::inputs& input) {
            projected_text text;
            if (!layers.empty()) text = project_text(layers, input("encoder_hidden_states"));
            context.text = &text;
            return transformer->forward(x, context);
          }};
}

subject make_temporal(const config& arguments) {
  refuse(arguments, {"cross_attention_dim"});
  transformer_temporal::options options{};
  options.in_channels = arguments.get<int64_t>("in_channels");
  options.heads = arguments.get<int64_t>("num_attention_heads");
  options.head_dim = arguments.get<int64_t>("attention_head_dim");
  options.depth = arguments.get("num_layers", int64_t{1});
  options.groups = arguments.get("norm_num_groups", int64_t{32});
  options.attention_bias = arguments.get("attention_bias", false);
  options.activation = arguments.get("activation_fn", "geglu");

  auto part = std::make_unique<transformer_temporal>(options);
  const auto* transformer = part.get();
  return {std::move(part),
          [transformer](const at::Tensor& x, const unet_context& context, const subject::inputs&) {
            return transformer->forward(x, context);
          }};
}

// Both resamplers; `padding` is only a downsampler's.
template <class Resampler>
subject make_resampler(const config& arguments, typename Resampler::options options) {
  refuse(arguments, {"use_conv_transpose"});
  options.in_channels = arguments.get<int64_t>("channels");
  options.out_channels = arguments.get("out_channels", options.in_channels);
  options.convolution = arguments.get("use_conv", false);
  auto part = std::make_unique<Resampler>(options);
  const auto* resampler = part.get();
  return {std::move(part), [resampler](const at::Tensor& x, const unet_context&, const subject::inputs&) {
            return resampler->forward(x);
          }};
}

subject make_downsample(const config& arguments) {
  downsample_3d::options options{};
  options.padding = arguments.get("padding", options.padding);
  return make_resampler<downsample_3d>(arguments, options);
}

subject make_upsample(const config& arguments) { return make_resampler<upsample_3d>(arguments, {}); }

const registry<subject (*)(const config&)>& subjects() {
  static const registry<subject (*)(const config&)> table(
      "module of Hotshot-XL", {{"ResnetBlock3D", make_resnet, "resnet_block_3d"},
                               {"Transformer3DModel", make_spatial, "transformer_spatial"},
                               {"TransformerTemporal", make_temporal, "transformer_temporal"},
                               {"Downsample3D", make_downsample, "downsample_3d"},
                               {"Upsample3D", make_upsample, "upsample_3d"}});
  return table;
}

// A resampler's convolution has an older name too, beside the newer or instead of it.
std::string newer_name(const std::string& key, const subject& under_test) {
  const std::string older = "Conv2d_0.";
  return key.starts_with(older) && under_test.part->find_child("conv") ? "conv." + key.substr(older.size())
                                                                       : key;
}

}  // namespace

void run_hotshot_module_case(const reference_case& reference, reference_report& report) {
  const model_component component = model_component::open(reference.folder_of("model_dir"));
  const subject under_test = subjects().find(component.class_name)(component.read_config());
  load_weights(*under_test.part, component.open_weights(), {},
               renaming([&](const std::string& key) { return newer_name(key, under_test); }));

  for (const auto& [call, shapes] : reference.cfg().at("calls").items()) {
    const auto input = [&, prefix = call + "."](const std::string& name) {
      return reference.has_input(prefix + name) ? reference.input(prefix + name) : at::Tensor();
    };
    const at::Tensor& x = reference.input(call + ".hidden_states");
    unet_context context;
    context.batch = x.size(0);
    context.frames = x.size(2);
    report.check(call + ".out",
                 unfold_frames(under_test.call(fold_frames(x), context, input), context.frames));
  }
}

}  // namespace zoetrope
