// Kinds lora and hotshot_lora: LoRA files on a UNet and its text encoders, computed beside the weights (what
// the original calls loaded) and merged into them (fused).
#include "models/lora.hpp"

#include <ATen/ATen.h>

#include "eval/reference_kinds/reference_kinds.hpp"
#include "models/clip_text_encoder.hpp"
#include "models/pretrained.hpp"
#include "models/unet3d.hpp"

namespace zoetrope {

namespace {

struct lora_run {
  std::string name;
  enum class use { none, beside, merged } use = use::none;
  double scale = 1.0;
};

template <class Part>
struct changed_part {
  changed_part(std::string component, const std::filesystem::path& folder)
      : component(std::move(component)),
        files(model_component::open(folder)),
        part(std::make_unique<Part>(files.read_config())) {}

  void load(const lora_set& loras, const lora_run& run) const {
    load_options options;
    if (run.use == lora_run::use::merged) loras.merge_into(options, component);
    if (run.use == lora_run::use::beside) loras.attach_to(*part, component, options);
    weight_source(*part, weight_files_of(*part, files), options).fill();
  }

  const std::string component;
  const model_component files;
  const std::unique_ptr<Part> part;
};

lora_set loras_of(const reference_case& reference, const lora_run& run, const lora_parts& parts) {
  if (run.use == lora_run::use::none) return {};
  const auto file = reference.folder() / reference.description().at("lora_file").get<std::string>();
  return lora_set({{file, run.scale}}, parts);
}

unet_input inputs_of(const reference_case& reference, const projected_text& text) {
  unet_input input;
  input.timestep = at::scalar_tensor(reference.description().at("timestep").get<double>(), at::kDouble);
  if (reference.has_input("text_embeds")) input.text_embeds = reference.input("text_embeds");
  if (reference.has_input("time_ids")) input.time_ids = reference.input("time_ids");
  input.sample = reference.input("sample");
  input.text = &text;
  return input;
}

void run_with_text_encoders(const reference_case& reference, const lora_run& run, reference_report& report) {
  const std::filesystem::path folder = reference.folder_of("model_dir");
  const changed_part<unet3d> unet("unet", folder / "unet");
  const changed_part<clip_text_encoder> text("text_encoder", folder / "text_encoder"),
      text_2("text_encoder_2", folder / "text_encoder_2");
  const lora_set loras = loras_of(
      reference, run,
      {{"unet", unet.part.get()}, {"text_encoder", text.part.get()}, {"text_encoder_2", text_2.part.get()}});
  unet.load(loras, run);
  text.load(loras, run);
  text_2.load(loras, run);

  const projected_text context = unet.part->project_text(reference.input("encoder_hidden_states"));
  unet_input input = inputs_of(reference, context);
  input.sample = input.sample.unsqueeze(2);  // b c h w -> b c 1 h w
  report.check(run.name + ".unet", unet.part->forward(input).squeeze(2));
  const at::Tensor ids = reference.input("input_ids");
  const clip_text_output first = text.part->forward(ids), second = text_2.part->forward(ids);
  report.check(run.name + ".text1", clip_text_encoder::penultimate(first));
  report.check(run.name + ".text2", clip_text_encoder::penultimate(second));
  report.check(run.name + ".text2_embeds", second.pooled);
}

void run_unet_alone(const reference_case& reference, const lora_run& run, reference_report& report) {
  const changed_part<unet3d> unet("unet", reference.folder_of("model_dir") / "unet");
  unet.load(loras_of(reference, run, {{"unet", unet.part.get()}}), run);
  const projected_text context = unet.part->project_text(reference.input("encoder_hidden_states"));
  report.check(run.name, unet.part->forward(inputs_of(reference, context)));
}

}  // namespace

void run_lora_case(const reference_case& reference, reference_report& report) {
  using use = enum lora_run::use;
  const json& scale = reference.cfg().at("scale");
  for (const lora_run& run : {lora_run{"base"}, lora_run{"scale_1.0", use::beside},
                              lora_run{"fused_" + scale.dump(), use::merged, scale.get<double>()}})
    run_with_text_encoders(reference, run, report);
}

void run_hotshot_lora_case(const reference_case& reference, reference_report& report) {
  using use = enum lora_run::use;
  // The original's blocks do not hand the scale on: beside the weights it is always 1.
  for (const lora_run& run :
       {lora_run{"base"}, lora_run{"lora_unfused", use::beside},
        lora_run{"lora_unfused_kwargs_scale_ignored", use::beside},
        lora_run{"lora_fused_scale", use::merged, reference.cfg().at("scale").get<double>()}})
    run_unet_alone(reference, run, report);
}

}  // namespace zoetrope
