// See motion_origin.hpp.
#include "pipelines/motion_origin.hpp"

#include "models/motion_keys.hpp"
#include "models/motion_weights.hpp"
#include "pipelines/spatial_base.hpp"

namespace zoetrope {

part_origin<unet3d> with_motion_of(const part_origin<unet3d>& unet, const std::filesystem::path& motion) {
  const motion_weights weights = open_motion_weights(motion);
  const std::string where = concat(unet.where, " with ", printable(motion.string()));
  return {where, config(with_motion(unet.options.value(), weights), where),
          [of_unet = unet.files, weights](const unet3d& part) {
            std::vector<weight_file> files = share_of(of_unet(part), false);
            for (const safetensors_file& file : weights.files) files.push_back({file, motion_keys(part)});
            return files;
          }};
}

}  // namespace zoetrope
