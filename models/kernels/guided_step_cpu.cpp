// See guided_step.h.
#include "models/kernels/guided_step.h"

#include "core/simd_math.h"
#include "core/tensor/parallel.hpp"

namespace zoetrope {

namespace {

template <class Element>
ZT_SIMD void step(const zt_guided_step& p, int64_t first, int64_t last) {
  const auto scale = static_cast<Element>(p.scale), on_sample = static_cast<Element>(p.on_sample),
             on_output = static_cast<Element>(p.on_output), on_noise = static_cast<Element>(p.on_noise);
  const auto *x = static_cast<const Element*>(p.sample), *e = static_cast<const Element*>(p.negative),
             *text = static_cast<const Element*>(p.text), *noise = static_cast<const Element*>(p.noise);
  auto* __restrict y = static_cast<Element*>(p.y);
  if (text == nullptr) text = e;  // e + scale (e - e)
  if (noise == nullptr)
    for (int64_t i = first; i < last; ++i)
      y[i] = on_sample * x[i] + on_output * (e[i] + scale * (text[i] - e[i]));
  else
    for (int64_t i = first; i < last; ++i)
      y[i] = on_sample * x[i] + on_output * (e[i] + scale * (text[i] - e[i])) + on_noise * noise[i];
}

}  // namespace

void guided_step_cpu(const zt_guided_step& p) {
  at::parallel_for(0, p.count, least_elements_a_thread, [&](int64_t first, int64_t last) {
    p.dtype == zt_f64 ? step<double>(p, first, last) : step<float>(p, first, last);
  });
}

}  // namespace zoetrope
