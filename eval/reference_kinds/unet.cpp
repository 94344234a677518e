// Kinds hotshot_unet3d and unet2d: whole denoisers, for a video and for single images.
#include <ATen/ATen.h>

#include "eval/reference_kinds/denoiser_inputs.hpp"
#include "eval/reference_kinds/reference_kinds.hpp"
#include "models/frames.hpp"
#include "models/pretrained.hpp"
#include "models/unet3d.hpp"

namespace zoetrope {

namespace {

unet_input inputs_of(const reference_case& reference, const std::string& run, const json& options) {
  unet_input input;
  read_denoiser_input(input, reference, run, options);
  input.temporal = options.value("temporal", true);
  if (!options.value("residuals", false)) return input;
  for (int i = 0; reference.has_input(concat(run, ".down_residual.", i)); ++i)
    input.down_residuals.push_back(reference.input(concat(run, ".down_residual.", i)));
  input.mid_residual = reference.input(run + ".mid_residual");
  return input;
}

std::unique_ptr<unet3d> load(const reference_case& reference) {
  return load_pretrained<unet3d>(model_component::open(reference.folder_of("model_dir")));
}

}  // namespace

void run_hotshot_unet3d_case(const reference_case& reference, reference_report& report) {
  const auto unet = load(reference);
  const projected_text text = unet->project_text(reference.input("encoder_hidden_states"));
  for (const auto& [run, options] : reference.cfg().at("runs").items()) {
    unet_input input = inputs_of(reference, run, options);
    input.sample = reference.input("sample");
    if (options.contains("frames"))
      input.sample = input.sample.slice(2, 0, options.at("frames").get<int64_t>());
    input.text = &text;
    const int64_t frames = input.sample.size(2);
    if (options.value("taps", false))
      unet->set_tap([&, name = run](const std::string& path, const at::Tensor& output) {
        report.check_if_present(name + ".tap." + path,
                                output.dim() == 4 ? unfold_frames(output, frames) : output);
      });
    report.check(run + ".sample", unet->forward(input));
    unet->set_tap(nullptr);
  }
}

void run_unet2d_case(const reference_case& reference, reference_report& report) {
  const auto unet = load(reference);
  const projected_text text = unet->project_text(reference.input("encoder_hidden_states"));
  for (const auto& [run, options] : reference.cfg().at("runs").items()) {
    unet_input input = inputs_of(reference, run, options);
    input.sample = reference.input("sample").unsqueeze(2);  // b c h w -> b c 1 h w
    input.text = &text;
    report.check(run, unet->forward(input).squeeze(2));
  }
}

}  // namespace zoetrope
