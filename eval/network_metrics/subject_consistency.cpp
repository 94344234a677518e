// VBench's subject_consistency (Huang et al. 2024): features of DINO ViT-B/16 (Caron et al. 2021) on whole
// frames with the shorter side at 224, ImageNet's mean and deviation.
#include "eval/network_metrics/frame_consistency.hpp"
#include "eval/network_metrics/frame_pixels.hpp"
#include "eval/network_metrics/makers.hpp"
#include "eval/network_metrics/network_weights.hpp"
#include "models/vit_encoder.hpp"

namespace zoetrope {

metric make_subject_consistency(const config&, const metric_setup& setup) {
  metric made{.unavailable = missing_model(setup, "dino")};
  if (!made.unavailable.empty()) return made;
  const model_component component = model_component::open(setup.weights / "dino");
  const auto network = load_network<vit_encoder>(component, component.read_config());
  made.measure = [network](const metric_input& input) {
    const auto features = [&](const at::Tensor& bytes) {
      const at::Tensor resized = resize_shorter_side(bytes, network->image_size(), interpolation::bilinear);
      return network->forward(normalised(resized, imagenet_pixels));
    };
    return std::vector{consistency_of("subject_consistency", input.clip, features)};
  };
  return made;
}

}  // namespace zoetrope
