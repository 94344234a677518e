// Frechet video distance (Unterthiner et al. 2018): that of the 400 logits of I3D on Kinetics, of clips
// resized to 224 x 224 in [-1, 1]. The network is a TorchScript program of the user's, run only on explicit
// permission.
#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "core/tensor/script_module.hpp"
#include "eval/metrics/set_distance.hpp"
#include "eval/metrics/set_values.hpp"
#include "eval/network_metrics/frame_pixels.hpp"
#include "eval/network_metrics/makers.hpp"
#include "eval/network_metrics/network_weights.hpp"

namespace zoetrope {
namespace {

constexpr const char* program_name = "i3d.pt";
constexpr int64_t logits = 400;

// 1 c f h w in [-1, 1]; bilinear without antialiasing, as the paper's program has it.
at::Tensor i3d_input(const float_clip& clip) {
  std::vector<at::Tensor> frames;
  for (int i = 0; i < clip.frames; ++i)
    frames.push_back(at::upsample_bilinear2d(byte_frame(clip, i), {224, 224}, /*align_corners=*/false));
  return at::stack(frames, 2) / 127.5 - 1;
}

std::vector<double> i3d_logits(const script_module& program, const float_clip& clip) {
  const c10::NoGradGuard no_grad;
  const at::Tensor pixels = i3d_input(clip);
  const at::Tensor features = program.forward({pixels}, pixels);
  ZT_CHECK(features.dim() == 2 && features.size(0) == 1 && features.size(1) == logits, bad_input,
           program_name, ": forward gave ", features.sizes(), ", wanted [1, ", logits, "]: I3D's logits");
  ZT_CHECK(at::isfinite(features).all().item<bool>(), bad_input, program_name,
           ": forward gave values that are not finite (NaN or infinity)");
  const at::Tensor row = features.to(at::kDouble).contiguous();
  return {row.const_data_ptr<double>(), row.const_data_ptr<double>() + logits};
}

std::string why_missing(const metric_setup& setup) {
  const std::string missing = missing_file(setup, program_name);
  if (!missing.empty() || setup.allow_torchscript) return missing;
  return concat("needs --allow-torchscript, for ", program_name, " is a program");
}

}  // namespace

set_metric make_fvd(const config& options, const metric_setup& setup) {
  const bool force = options.get("force", false);  // with fewer clips than the covariance has columns
  set_metric made{.feature_key = program_name, .unavailable = why_missing(setup)};
  made.refuses = [=](const feature_rows& clips, const feature_rows& reference) {
    return force ? refuse_fewer(2, clips, reference)
                 : refuse_fewer(logits + 1, clips, reference, " (or fvd:force=true)");
  };
  made.compare = [](const feature_rows& clips, const feature_rows& reference) {
    return set_values("fvd", frechet_distance(as_matrix(clips), as_matrix(reference)), clips, reference);
  };
  if (!made.unavailable.empty()) return made;
  const auto program = std::make_shared<const script_module>(setup.weights / program_name, /*arguments=*/1);
  made.features = [program](const float_clip& clip) { return i3d_logits(*program, clip); };
  return made;
}

}  // namespace zoetrope
