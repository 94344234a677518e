// Reference cases of kind vae: encode, decode, and their sliced and tiled forms.
#include <ATen/ATen.h>

#include <map>

#include "eval/reference_kinds/reference_kinds.hpp"
#include "models/autoencoder_kl.hpp"
#include "models/pretrained.hpp"

namespace zoetrope {

namespace {

void check_coding(autoencoder_kl& model, const reference_case& reference, reference_report& report) {
  std::map<std::string, at::Tensor> taps;
  model.set_tap([&taps](const std::string& path, const at::Tensor& output) { taps[path] = output.clone(); });
  const latent_distribution latents = model.encode(reference.input("image"));
  const at::Tensor image = model.decode(reference.input("latent"));
  model.set_tap({});
  report.check("encode.mean", latents.mean);
  report.check("encode.logvar", latents.logvar);
  report.check("encode.std", latents.standard_deviation());
  report.check("decode.sample", image);
  report.check("encode.tap.mid_block", taps.at("encoder.mid_block"));
  report.check("decode.tap.conv_in", taps.at("decoder.conv_in"));
  report.check("decode.tap.mid_block", taps.at("decoder.mid_block"));
  if (reference.input("latent").size(0) > 1)
    report.check("decode.sliced", model.decode_sliced(reference.input("latent")));
}

void check_tiles(const autoencoder_kl& model, const reference_case& reference, reference_report& report) {
  const config tiles = config(reference.cfg(), "case.json cfg").child("tiles");
  for (const std::string& name : tiles.keys()) {
    const config settings = tiles.at(name);
    const vae_tiling tiling{.sample_min = settings.get<int64_t>("sample_min"),
                            .latent_min = settings.get<int64_t>("latent_min"),
                            .overlap = settings.get<double>("overlap")};
    const at::Tensor& latent = reference.input(name + ".latent");
    const latent_distribution encoded = model.encode_tiled(reference.input(name + ".image"), tiling);
    report.check(name + ".decode_tiled", model.decode_tiled(latent, tiling));
    report.check(name + ".encode_tiled_mean", encoded.mean);
    report.check(name + ".encode_tiled_logvar", encoded.logvar);
    report.check(name + ".decode_untiled", model.decode(latent));
  }
}

}  // namespace

void run_vae_case(const reference_case& reference, reference_report& report) {
  const auto model = load_pretrained<autoencoder_kl>(model_component::open(reference.folder_of("model_dir")));
  check_coding(*model, reference, report);
  check_tiles(*model, reference, report);
}

}  // namespace zoetrope
