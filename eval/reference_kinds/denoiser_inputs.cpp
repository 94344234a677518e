// See denoiser_inputs.hpp.
#include "eval/reference_kinds/denoiser_inputs.hpp"

#include <ATen/ATen.h>

namespace zoetrope {

namespace {

at::Tensor optional_input(const reference_case& reference, const std::string& name) {
  return reference.has_input(name) ? reference.input(name) : at::Tensor();
}

// A JSON integer is an int64 timestep, a fraction a double, an input tensor whatever it is.
at::Tensor timestep_of(const reference_case& reference, const std::string& run, const json& options) {
  if (options.contains("timesteps")) return reference.input(run + ".timestep");
  const json& t = options.at("t");
  return t.is_number_integer() ? at::scalar_tensor(t.get<int64_t>(), at::kLong)
                               : at::scalar_tensor(t.get<double>(), at::kDouble);
}

}  // namespace

void read_denoiser_input(denoiser_input& input, const reference_case& reference, const std::string& run,
                         const json& options) {
  input.timestep = timestep_of(reference, run, options);
  input.text_embeds = optional_input(reference, "text_embeds");
  input.time_ids = optional_input(reference, "time_ids");
}

}  // namespace zoetrope
