// See float32_math.hpp.
#include "schedulers/float32_math.hpp"

#include <ATen/ATen.h>

#include <bit>
#include <cmath>
#include <numbers>

namespace zoetrope {
namespace {

template <class Function>
float through_torch(Function function, float x) {
  return function(at::scalar_tensor(x, at::kFloat)).template item<float>();
}

// c_0 + c_1 x + … + c_5 x^5, each step fused.
float polynomial(const float (&coefficients)[6], float x) {
  float sum = coefficients[5];
  for (int i = 4; i >= 0; --i) sum = std::fma(sum, x, coefficients[i]);
  return sum;
}

}  // namespace

float torch_sqrt(float x) {
  return through_torch([](const at::Tensor& t) { return t.sqrt(); }, x);
}
float torch_log(float x) {
  return through_torch([](const at::Tensor& t) { return t.log(); }, x);
}
float torch_exp(float x) {
  return through_torch([](const at::Tensor& t) { return t.exp(); }, x);
}
float torch_expm1(float x) {
  return through_torch([](const at::Tensor& t) { return t.expm1(); }, x);
}

std::vector<float> torch_sqrt(const std::vector<float>& values) {
  const at::Tensor roots = at::tensor(at::ArrayRef<float>(values), at::kFloat).sqrt();
  return {roots.const_data_ptr<float>(), roots.const_data_ptr<float>() + roots.numel()};
}

float numpy_log(float x) {
  if (!(std::isnormal(x) && x > 0.0f)) return std::log(x);
  // x = 2^exponent m with m in (sqrt(1/2), sqrt(2)], log m by the rational function of m - 1 (numpy, BSD-3).
  static constexpr float numerator[6] = {0.0f,
                                         9.999999999999998702752e-01f,
                                         2.112677543073053063722e+00f,
                                         1.480000633576506585156e+00f,
                                         3.808837741388407920751e-01f,
                                         2.589979117907922693523e-02f};
  static constexpr float denominator[6] = {1.0f,
                                           2.612677543073109236779e+00f,
                                           2.453006071784736363091e+00f,
                                           9.864942958519418960339e-01f,
                                           1.546476374983906719538e-01f,
                                           5.875095403124574342950e-03f};
  const auto bits = std::bit_cast<uint32_t>(x);
  float exponent = static_cast<float>(static_cast<int>(bits >> 23) - 127);
  float mantissa = std::bit_cast<float>((bits & 0x7fffffu) | 0x3f800000u);
  if (mantissa > std::numbers::sqrt2_v<float>) {
    mantissa *= 0.5f;
    exponent += 1.0f;
  }
  const float rest = mantissa - 1.0f;
  return std::fma(exponent, std::numbers::ln2_v<float>,
                  polynomial(numerator, rest) / polynomial(denominator, rest));
}

}  // namespace zoetrope
