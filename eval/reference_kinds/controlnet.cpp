// Kind controlnet: diffusers' ControlNetModel on single images.
#include <ATen/ATen.h>

#include "eval/reference_kinds/denoiser_inputs.hpp"
#include "eval/reference_kinds/reference_kinds.hpp"
#include "models/controlnet.hpp"
#include "models/pretrained.hpp"

namespace zoetrope {

void run_controlnet_case(const reference_case& reference, reference_report& report) {
  const auto net = load_pretrained<controlnet>(model_component::open(reference.folder_of("model_dir")));
  const projected_text text = net->project_text(reference.input("encoder_hidden_states"));
  controlnet_input input;
  input.sample = reference.input("sample").unsqueeze(2);  // b c h w -> b c 1 h w
  input.text = &text;
  input.condition = net->embed_condition(reference.input("controlnet_cond").unsqueeze(2));
  for (const auto& [run, options] : reference.cfg().at("runs").items()) {
    read_denoiser_input(input, reference, run, options);
    input.scale = options.value("scale", 1.0);
    input.guess_mode = options.value("guess", false);
    const controlnet_residuals got = net->forward(input);
    for (std::size_t i = 0; i < got.down.size(); ++i)
      report.check(concat(run, ".down.", i), got.down[i].squeeze(2));
    report.check(run + ".mid", got.mid.squeeze(2));
  }
}

}  // namespace zoetrope
