// See measure_meaning.hpp.
#include "eval/measure_meaning.hpp"

namespace zoetrope {

namespace {

// Values of a metric under other names than its own.
struct further_value {
  const char *name, *metric, *meaning;
};
constexpr further_value further_values[] = {
    {"adherence_all", "prompt_adherence", "whether the clip shows all that the prompt asks for, 1 or 0"},
    {"adherence_background", "prompt_adherence",
     "whether the background is what the prompt asks for, 1 or 0"},
    {"adherence_colour", "prompt_adherence", "whether the colours are what the prompt asks for, 1 or 0"},
    {"adherence_count", "prompt_adherence",
     "whether the number of objects is what the prompt asks for, 1 or 0"},
    {"adherence_motion", "prompt_adherence", "whether the motion is what the prompt asks for, 1 or 0"},
    {"adherence_shape", "prompt_adherence", "whether the shapes are what the prompt asks for, 1 or 0"},
    {"adherence_size", "prompt_adherence", "whether the sizes are what the prompt asks for, 1 or 0"},
    {"colour_drift_slope", "colour_drift", "how much colour_drift grows from frame to frame"},
    {"flicker_amplitude", "flicker_spectrum", "root mean square of the fast part of the brightness"},
    {"warp_error_hidden", "warp_error", "share of pixels that warp_error leaves out as occluded"}};

struct cost_meaning {
  const char *name, *meaning;
};
constexpr cost_meaning cost_meanings[] = {
    {"speed/clip", "time of a whole clip, from prompt to frames"},
    {"speed/clips_per_minute", "60 over speed/clip"},
    {"speed/controlnets", "time of all ControlNets, a step"},
    {"speed/step", "time of a denoising step: UNet, guidance, scheduler"},
    {"speed/text", "time of the text encoders, a clip"},
    {"speed/unet_other", "of speed/unet_step, what no other part took"},
    {"speed/unet_resampling", "of speed/unet_step, the layers that change the size"},
    {"speed/unet_resnet", "of speed/unet_step, the residual blocks"},
    {"speed/unet_spatial_transformer", "of speed/unet_step, attention within frames and to the text"},
    {"speed/unet_step", "time of the UNet, a step"},
    {"speed/unet_temporal_behind_resnet", "of speed/unet_step, temporal modules behind residual blocks"},
    {"speed/unet_temporal_transformer", "of speed/unet_step, temporal modules behind the transformers"},
    {"speed/vae", "time of the decoder, a clip"},
    {"memory/peak_above_start", "of memory/peak_resident, what was not there before the clip"},
    {"memory/peak_device", "most memory of the GPU while the clip was made"},
    {"memory/peak_resident", "most memory of the process while the clip was made"}};

// Without the options in brackets, by which one metric measured in two ways is told apart.
std::string plain_name(const std::string& name) { return name.substr(0, name.find('[')); }

std::string metric_of(const std::string& name) {
  for (const further_value& value : further_values)
    if (name == value.name) return value.metric;
  return name;
}

}  // namespace

std::string meaning_of(const measure& measured) {
  const std::string name = plain_name(measured.name);
  for (const cost_meaning& cost : cost_meanings)
    if (measured.of == measure::cost && name == cost.name) return cost.meaning;
  if (measured.of == measure::cost) return "";
  for (const further_value& value : further_values)
    if (name == value.name) return value.meaning;
  for (const auto& entry : metrics().entries())
    if (entry.name == name) return entry.summary;
  return "";
}

std::optional<metric_role> role_of(const measure& measured) {
  if (measured.of == measure::cost) return std::nullopt;
  const std::string name = metric_of(plain_name(measured.name));
  for (const auto& entry : metrics().entries())
    if (entry.name == name) return make_metric(config(json{{"type", name}})).role;
  return std::nullopt;
}

}  // namespace zoetrope
