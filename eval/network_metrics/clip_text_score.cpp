// How well frames show their prompt: 100 cos(text, frame) of CLIP's projections, mean over frames (CLIPScore
// of Hessel et al. 2021 has 250 max(0, cos); CLIPSIM of Wu et al. 2021 is this without the factor).
#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "eval/metrics/frame_loop.hpp"
#include "eval/network_metrics/frame_consistency.hpp"
#include "eval/network_metrics/frame_pixels.hpp"
#include "eval/network_metrics/makers.hpp"
#include "eval/network_metrics/network_weights.hpp"
#include "models/clip_image_encoder.hpp"
#include "models/clip_text_encoder.hpp"
#include "models/clip_tokenizer.hpp"

namespace zoetrope {
namespace {

struct whole_clip {
  explicit whole_clip(const model_component& component)
      : tokenizer(component.folder),
        text(load_network<clip_text_encoder>(
            component, clip_half(component, "text_config", "CLIPTextModelWithProjection"))),
        image(load_network<clip_image_encoder>(
            component, clip_half(component, "vision_config", "CLIPVisionModelWithProjection"))) {}

  at::Tensor of_text(const std::string& prompt) const {
    return text->forward(at::tensor(tokenizer.tokenize(prompt).ids, at::kLong).unsqueeze(0)).pooled;
  }
  at::Tensor of_frame(const float_clip& clip, int index) const {
    return image->forward(normalised(clip_picture(clip, index, image->image_size()), clip_pixels));
  }

  clip_tokenizer tokenizer;
  std::shared_ptr<const clip_text_encoder> text;
  std::shared_ptr<const clip_image_encoder> image;
};

}  // namespace

metric make_clip_text_score(const config&, const metric_setup& setup) {
  metric made{.role = metric_role::adherence, .needs = {.frames = 1, .prompt = true}};
  made.unavailable = missing_model(setup, "clip");
  if (!made.unavailable.empty()) return made;
  const auto network = std::make_shared<const whole_clip>(model_component::open(setup.weights / "clip"));
  made.measure = [network](const metric_input& input) {
    const c10::NoGradGuard no_grad;
    const at::Tensor text = network->of_text(input.prompt);
    metric_values score{"clip_text_score", "100 cos", better::higher};
    for (int i = 0; i < input.clip.frames; ++i)
      score.per_pair.push_back(100 * cosine(text, network->of_frame(input.clip, i)));
    score.per_video = mean_of_numbers(score.per_pair);
    return std::vector<metric_values>{score};
  };
  return made;
}

}  // namespace zoetrope
