// How a network is told the noise level: a sinusoid of the timestep (Ho et al. 2020, after Vaswani et al.
// 2017, section 3.5) and the small MLP behind it. Both serve SDXL's size conditioning as well.
#pragma once

#include <ATen/core/Tensor.h>

#include "core/tensor/module.hpp"
#include "models/activation.hpp"
#include "models/layers.hpp"

namespace zoetrope {

struct sinusoid_options {
  int64_t channels;            ///< of the result; an odd count gets a zero behind
  bool cosine_first = true;    ///< flip_sin_to_cos
  double frequency_shift = 0;  ///< freq_shift: frequencies are 10000^(-i / (channels / 2 - shift))
};

/// positions [n], any dtype -> [n, channels] in f32.
at::Tensor sinusoid(const at::Tensor& positions, const sinusoid_options& options);

/// linear_2(act(linear_1(x + cond_proj(condition)))), and post_act of that where there is one.
class timestep_embedding : public module {
 public:
  struct options {
    int64_t in_channels, channels;
    activation act, post_act = nullptr;
    int64_t condition_channels = 0;  ///< of cond_proj, which is there if this is not 0
  };
  explicit timestep_embedding(const options& options);
  /// x: [b, in_channels]; condition: [b, condition_channels], or undefined for none.
  at::Tensor forward(const at::Tensor& x, const at::Tensor& condition = {}) const;

 private:
  activation act_, post_act_;
  linear linear_1_, linear_2_;
  std::unique_ptr<linear> cond_proj_;
};

}  // namespace zoetrope
