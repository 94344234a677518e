// Classifier-free guidance on the two halves of a batch.
#include "pipelines/guidance.hpp"

#include <ATen/ATen.h>

namespace zoetrope {

namespace {

at::Tensor clip_std(const at::Tensor& x) {
  const at::Tensor rows = x.flatten(1).std(1, /*unbiased=*/true);
  std::vector<int64_t> shape(x.dim(), 1);
  shape[0] = x.size(0);
  return rows.view(shape);
}

}  // namespace

at::Tensor rescale_guided(const at::Tensor& guided, const at::Tensor& text, double rescale) {
  const at::Tensor rescaled = guided * (clip_std(text) / clip_std(guided));
  return rescale * rescaled + (1 - rescale) * guided;
}

at::Tensor guide(const at::Tensor& unet_output, const guidance_options& options) {
  if (!options.active()) return unet_output;
  const auto halves = unet_output.chunk(2);
  const at::Tensor &negative = halves[0], &text = halves[1];
  const at::Tensor guided = negative + options.scale * (text - negative);
  return options.rescale > 0 ? rescale_guided(guided, text, options.rescale) : guided;
}

}  // namespace zoetrope
