// See adamw_step.hpp. Compiled without contraction into fused multiply-adds: the bits are the same on every
// machine. The loop waits for memory, so that costs nothing.
#include "training/optimizers/adamw_step.hpp"

#include <cmath>

#include "core/simd_math.h"

namespace zoetrope {

adamw_options read_adamw_options(const config& options) {
  adamw_options read;
  read.beta1 = options.get("beta1", read.beta1);
  read.beta2 = options.get("beta2", read.beta2);
  read.eps = options.get("eps", read.eps);
  read.weight_decay = options.get("weight_decay", read.weight_decay);
  for (const char* name : {"beta1", "beta2"}) {
    const double beta = name[4] == '1' ? read.beta1 : read.beta2;
    if (!(beta >= 0 && beta < 1)) throw options.fail(concat(name, ": got ", beta, ", wanted 0 <= beta < 1"));
  }
  if (!(read.eps >= 0)) throw options.fail(concat("eps: got ", read.eps, ", wanted 0 or more"));
  if (!(read.weight_decay >= 0))
    throw options.fail(concat("weight_decay: got ", read.weight_decay, ", wanted 0 or more"));
  return read;
}

adamw_step::adamw_step(const adamw_options& options, bool decays, double learning_rate, int64_t step) {
  const auto t = static_cast<double>(step);
  kept = static_cast<float>(1 - (decays ? learning_rate * options.weight_decay : 0));
  step_size = static_cast<float>(learning_rate / (1 - std::pow(options.beta1, t)));
  first_gain = static_cast<float>(1 - options.beta1);
  second_kept = static_cast<float>(options.beta2);
  second_gain = static_cast<float>(1 - options.beta2);
  root_of_correction = static_cast<float>(std::sqrt(1 - std::pow(options.beta2, t)));
  eps = static_cast<float>(options.eps);
}

ZT_SIMD void apply(const adamw_step& step, float* parameter, const float* gradient, float* first,
                   float* second, int64_t begin, int64_t end) {
  const adamw_step s = step;
  float* __restrict p = parameter;
  float* __restrict m = first;
  float* __restrict v = second;
  const float* __restrict g = gradient;
  for (int64_t i = begin; i < end; ++i) {
    m[i] = m[i] + s.first_gain * (g[i] - m[i]);                    // line 7
    v[i] = s.second_kept * v[i] + s.second_gain * g[i] * g[i];     // line 8
    const float root = std::sqrt(v[i]) / s.root_of_correction;     // line 10
    p[i] = s.kept * p[i] - s.step_size * (m[i] / (root + s.eps));  // line 12
  }
}

}  // namespace zoetrope
