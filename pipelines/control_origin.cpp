// See control_origin.hpp.
#include "pipelines/control_origin.hpp"

#include "core/io/model_cache.hpp"
#include "pipelines/unet_sizes.hpp"

namespace zoetrope {

namespace {

namespace fs = std::filesystem;

model_component open_component(const fs::path& path) {
  const std::string name = path.string();
  ZT_CHECK(fs::exists(path) || is_hub_name(name), bad_input, "ControlNet ", printable(name),
           ": no such folder");
  const fs::path folder = fs::exists(path) ? path : find_cached_snapshot(name);
  if (fs::exists(folder / "model_index.json"))
    return model_directory::open(folder.string()).component("controlnet");
  return model_component::open(folder);
}

int64_t text_width(const unet_options& options) {
  return options.encoder_hid_channels > 0 ? options.encoder_hid_channels : options.cross_attention_dim;
}

// A net without cross-attention takes no text.
unet_sizes shared_sizes(const unet_options& options, bool text) {
  unet_sizes sizes = way_down_sizes(options);
  if (text) sizes.emplace_back("cross_attention_dim", concat(text_width(options)));
  return sizes;
}

// The net's added embedding takes the pooled text and six sinusoids of the size conditioning.
void check_added_condition(const config& net, const unet_options& options, const config& second) {
  if (!options.text_time) return;
  const int64_t got = options.addition_input_channels;
  const int64_t wanted = second.get<int64_t>("projection_dim", 512) + 6 * options.addition_time_channels;
  ZT_CHECK(got == wanted, bad_input, net.source(), " has projection_class_embeddings_input_dim ", got,
           ", wanted ", wanted, ": the projection_dim of ", second.source(),
           " and 6 x addition_time_embed_dim");
}

void check_pixel_factor(const config& net, const config& vae) {
  const auto got =
      net.get("conditioning_embedding_out_channels", std::vector<int64_t>{16, 32, 96, 256}).size();
  const auto wanted = vae.get("block_out_channels", std::vector<int64_t>{64}).size();
  ZT_CHECK(got == wanted, bad_input, net.source(), " has conditioning_embedding_out_channels of ", got,
           " widths, wanted ", wanted, ", as many as the block_out_channels of ", vae.source(),
           ", so that both halve the picture as often");
}

}  // namespace

part_origin<controlnet> origin_of_controlnet(const fs::path& path, const std::string& variant) {
  const model_component component = open_component(path);
  ZT_CHECK(component.class_name == "ControlNetModel", bad_input, printable(component.folder.string()),
           ": class '", printable(component.class_name),
           "' is not known here as a ControlNet (known: ControlNetModel)");
  return origin_in_folder<controlnet>(component, variant);
}

void check_controlnet_fits(const config& net, const model_origin& model) {
  const unet_options options = unet_options::read_controlnet(net),
                     unet = unet_options::read(model.unet.options);
  const bool text = text_width(options) > 0;
  check_same_sizes(shared_sizes(options, text), net, shared_sizes(unet, text), model.unet.options);
  check_added_condition(net, options, model.text_encoder_2.options);
  check_pixel_factor(net, model.vae.options);
}

}  // namespace zoetrope
