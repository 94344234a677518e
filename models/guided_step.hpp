// Classifier-free guidance and a sampler's step in one pass, where the step is linear in what it is given. Ho
// and Salimans 2022, eq. 6; which steps are: scheduler::take_linear_step.
#pragma once

#include <ATen/core/Tensor.h>

namespace zoetrope {

struct guided_step_input {
  at::Tensor sample;    ///< of any shape
  at::Tensor negative;  ///< like sample; without guidance the network's output
  at::Tensor text;      ///< like sample, or undefined: no guidance
  at::Tensor noise;     ///< like sample, or undefined: none
  double scale = 1.0;   ///< of guidance
  double on_sample = 1.0, on_output = 0.0, on_noise = 0.0;
};

/// on_sample · sample + on_output · (negative + scale (text - negative)) + on_noise · noise; no gradient. Our
/// own kernels (models/kernels/guided_step.*) serve f32 and f64 on a CPU (16-bit types through f32) and f32,
/// f16 and bf16 on a GPU, each rounding once; else it is the reference below. error{runtime} for shapes or
/// dtypes that differ.
at::Tensor guided_step(const guided_step_input& input);

/// Through libtorch's own operators: the oracle.
at::Tensor guided_step_reference(const guided_step_input& input);

}  // namespace zoetrope
