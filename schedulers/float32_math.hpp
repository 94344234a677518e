// Single-precision functions rounded as the libraries round them that the originals compute with. None of
// those is correctly rounded, and the last bit counts: zero-SNR and cosine schedules amplify it a
// thousandfold, and whole timesteps are cut off from logarithms that meet at exact values.
#pragma once

#include <vector>

namespace zoetrope {

/// torch's float32 kernels on this machine.
float torch_sqrt(float x);
float torch_log(float x);
float torch_exp(float x);
float torch_expm1(float x);
std::vector<float> torch_sqrt(const std::vector<float>& values);

/// numpy's float32 logarithm for finite x > 0 (a rational function of the mantissa; within 4 ulp).
float numpy_log(float x);

}  // namespace zoetrope
