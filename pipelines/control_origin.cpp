// See control_origin.hpp.
#include "pipelines/control_origin.hpp"

#include "core/io/model_cache.hpp"
#include "pipelines/parts_fit.hpp"
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

// A net without cross-attention takes no text.
unet_sizes shared_sizes(const unet_encoder& part, bool text) {
  unet_sizes sizes = way_down_sizes(part.options());
  if (text) sizes.emplace_back("cross_attention_dim", concat(part.cross_attention_dim()));
  return sizes;
}

}  // namespace

part_origin<controlnet> origin_of_controlnet(const fs::path& path, const std::string& variant) {
  const model_component component = open_component(path);
  ZT_CHECK(component.class_name == "ControlNetModel", bad_input, printable(component.folder.string()),
           ": class '", printable(component.class_name),
           "' is not known here as a ControlNet (known: ControlNetModel)");
  return origin_in_folder<controlnet>(component, variant);
}

void check_controlnet_fits(const controlnet& net, const config& options, const text_to_video_model& model,
                           const model_origin& origin) {
  const bool text = net.cross_attention_dim() > 0;
  check_same_sizes(shared_sizes(net, text), options, shared_sizes(*model.unet, text), origin.unet.options);
  check_added_condition(net, options, model, origin);
  ZT_CHECK(net.pixel_factor() == model.vae->spatial_factor(), bad_input, options.source(),
           " has conditioning_embedding_out_channels for ", net.pixel_factor(),
           " pixels to a latent one, wanted ", model.vae->spatial_factor(), ", as the block_out_channels of ",
           origin.vae.options.source());
}

}  // namespace zoetrope
