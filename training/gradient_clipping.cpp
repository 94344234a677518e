// See gradient_clipping.hpp.
#include "training/gradient_clipping.hpp"

#include <ATen/ATen.h>

#include <numeric>

#include "core/error.hpp"
#include "core/simd_math.h"
#include "core/tensor/parallel.hpp"

namespace zoetrope {
namespace {

constexpr int64_t chunk = 16384;

/// Σ x² of [begin, end), in eight partial sums.
ZT_SIMD double sum_of_chunk(const float* x, int64_t begin, int64_t end) {
  constexpr int64_t lanes = 8;
  double sums[lanes] = {};
  int64_t i = begin;
  for (; i + lanes <= end; i += lanes)
    for (int64_t lane = 0; lane < lanes; ++lane)
      sums[lane] += static_cast<double>(x[i + lane]) * static_cast<double>(x[i + lane]);
  for (; i < end; ++i) sums[0] += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  return std::accumulate(sums, sums + lanes, 0.0);
}

double sum_on_cpu(const at::Tensor& gradient) {
  const float* x = gradient.const_data_ptr<float>();
  const int64_t count = gradient.numel(), chunks = (count + chunk - 1) / chunk;
  std::vector<double> sums(static_cast<std::size_t>(chunks));
  at::parallel_for(0, chunks, 2, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      sums[i] = sum_of_chunk(x, i * chunk, std::min((i + 1) * chunk, count));
  });
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

}  // namespace

std::vector<double> squares_of_gradients(const trained_parameters& parameters) {
  std::vector<double> squares(parameters.size());
  std::vector<at::Tensor> elsewhere;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const at::Tensor& gradient = parameters[i].tensor.grad();
    if (!gradient.defined()) continue;
    if (gradient.is_cpu()) {
      squares[i] = sum_on_cpu(gradient.to(at::kFloat).contiguous());
    } else {
      elsewhere.push_back(gradient);
      places.push_back(i);
    }
  }
  if (elsewhere.empty()) return squares;
  const at::Tensor found =
      at::stack(at::_foreach_norm(elsewhere, 2, at::kFloat)).to(at::kDouble).square().cpu();
  for (std::size_t i = 0; i < places.size(); ++i) squares[places[i]] = found.const_data_ptr<double>()[i];
  return squares;
}

void clip_gradients(const trained_parameters& parameters, double norm, double greatest) {
  ZT_CHECK(std::isfinite(norm), numerical, "the norm of the gradients is ", norm);
  const double scale = greatest / (norm + 1e-6);
  if (scale >= 1) return;
  std::vector<at::Tensor> gradients;
  for (const trained_parameter& parameter : parameters)
    if (parameter.tensor.grad().defined()) gradients.push_back(parameter.tensor.grad());
  at::_foreach_mul_(gradients, scale);
}

}  // namespace zoetrope
