// See spatial_base.hpp.
#include "pipelines/spatial_base.hpp"

#include <algorithm>

#include "models/checkpoint_keys.hpp"
#include "models/temporal_module.hpp"
#include "models/weight_file_path.hpp"
#include "pipelines/unet_sizes.hpp"

namespace zoetrope {

namespace {

namespace fs = std::filesystem;
using weight_files = std::function<std::vector<weight_file>(const unet3d&)>;

model_component unet_component(const fs::path& base) {
  const bool bare = fs::exists(base / "config.json") && !fs::exists(base / "model_index.json");
  return bare ? model_component::open(base) : model_directory::open(base.string()).component("unet");
}

// Original names behind the prefix of a whole checkpoint or without one; else diffusers'.
key_map names_in(const safetensors_file& file, const unet3d& unet) {
  const std::string whole = "model.diffusion_model.", first = "input_blocks.0.0.weight";
  if (file.find(whole + first)) return within(whole, original_unet_keys(unet));
  return file.find(first) ? original_unet_keys(unet) : key_map();
}

weight_files files_of_base(const fs::path& base, const config& model, const std::string& variant) {
  if (fs::is_regular_file(base)) {
    const safetensors_file file = open_weight_file(base);
    return [file](const unet3d& unet) { return std::vector<weight_file>{{file, names_in(file, unet)}}; };
  }
  const model_component component = unet_component(base);
  const config own = component.read_config();
  check_same_sizes(spatial_sizes(unet_options::read(own)), own, spatial_sizes(unet_options::read(model)),
                   model);
  return [=](const unet3d& unet) { return weight_files_of(unet, component, variant); };
}

}  // namespace

std::vector<weight_file> share_of(std::vector<weight_file> files, bool temporal) {
  for (weight_file& file : files) {
    const auto all = file.targets ? file.targets : renaming([](const std::string& key) { return key; });
    file.targets = [=](const std::string& key) {
      std::vector<weight_target> targets = all(key);
      std::erase_if(targets,
                    [&](const weight_target& target) { return is_temporal_slot(target.slot) != temporal; });
      return targets;
    };
  }
  return files;
}

part_origin<unet3d> on_spatial_base(const part_origin<unet3d>& unet, const fs::path& base,
                                    const std::string& variant) {
  const std::string where = concat("spatial base ", printable(base.string()));
  const weight_files of_base = in_context(where, [&] { return files_of_base(base, unet.options, variant); });
  return {concat(unet.where, " on ", where), unet.options,
          [of_model = unet.files, of_base](const unet3d& part) {
            std::vector<weight_file> files = share_of(of_model(part), true);
            for (weight_file& file : share_of(of_base(part), false)) files.push_back(std::move(file));
            return files;
          }};
}

}  // namespace zoetrope
