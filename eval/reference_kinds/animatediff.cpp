// Kind animatediff: diffusers' UNetMotionModel, an image UNet with a MotionAdapter put over it.
#include <ATen/ATen.h>

#include "eval/reference_kinds/denoiser_inputs.hpp"
#include "eval/reference_kinds/reference_kinds.hpp"
#include "models/motion_keys.hpp"
#include "models/motion_weights.hpp"
#include "models/pretrained.hpp"

namespace zoetrope {

namespace {

std::unique_ptr<unet3d> animated(const model_component& image_unet, const motion_weights& motion) {
  auto unet = std::make_unique<unet3d>(config(with_motion(image_unet.read_config().value(), motion), "unet"));
  std::vector<weight_file> files = weight_files_of(*unet, image_unet);
  for (const safetensors_file& file : motion.files) files.push_back({file, motion_keys(*unet)});
  weight_source(*unet, std::move(files), {}).fill();
  return unet;
}

unet_input input_of(const reference_case& reference, const std::string& run, const json& options,
                    const projected_text& text) {
  unet_input input;
  read_denoiser_input(input, reference, run, options);
  input.sample = reference.input("sample");
  input.text = &text;
  return input;
}

}  // namespace

void run_animatediff_case(const reference_case& reference, reference_report& report) {
  const auto folder = reference.folder_of("model_dir");
  const auto unet =
      animated(model_component::open(folder / "unet"), open_motion_weights(folder / "motion_adapter"));
  const projected_text text = unet->project_text(reference.input("encoder_hidden_states"));
  bool first = true;
  for (const auto& [run, options] : reference.cfg().at("runs").items()) {
    unet_input input = input_of(reference, run, options, text);
    if (options.value("taps", false))
      unet->set_tap([&, name = run](const std::string& path, const at::Tensor& output) {
        report.check_if_present(concat(name, ".tap.", path), output);
      });
    report.check(run, unet->forward(input));
    unet->set_tap(nullptr);
    if (!std::exchange(first, false)) continue;
    input.temporal = false;
    report.check("unet2d_per_frame_no_motion", unet->forward(input));
  }
}

}  // namespace zoetrope
