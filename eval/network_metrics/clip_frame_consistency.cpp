// VBench's background_consistency (Huang et al. 2024), its formula and preparation of frames; with ViT-B/32
// it is that number. Nothing is masked: "background" is only VBench's name for it.
#include "eval/network_metrics/frame_consistency.hpp"
#include "eval/network_metrics/frame_pixels.hpp"
#include "eval/network_metrics/makers.hpp"
#include "eval/network_metrics/network_weights.hpp"
#include "models/clip_image_encoder.hpp"

namespace zoetrope {

metric make_clip_frame_consistency(const config&, const metric_setup& setup) {
  metric made{.unavailable = missing_model(setup, "clip")};
  if (!made.unavailable.empty()) return made;
  const model_component component = model_component::open(setup.weights / "clip");
  const auto network = load_network<clip_image_encoder>(
      component, clip_half(component, "vision_config", "CLIPVisionModelWithProjection"));
  made.measure = [network](const metric_input& input) {
    const auto features = [&](const at::Tensor& bytes) {
      const int64_t side = network->image_size();
      const at::Tensor square = centre_crop(resize_shorter_side(bytes, side, interpolation::bicubic), side);
      return network->forward(normalised(square, clip_pixels));
    };
    return std::vector{consistency_of("clip_frame_consistency", input.clip, features)};
  };
  return made;
}

}  // namespace zoetrope
