// See geglu.h. All rows are cut into pieces that threads share; a loop over a piece is vectorised by the
// compiler.
#include "models/kernels/geglu.h"

#include "core/simd_math.h"
#include "core/tensor/parallel.hpp"

namespace zoetrope {

namespace {

constexpr int64_t piece_elements = 8192, block_elements = 256, elements_ahead = 1024;

ZT_INLINE float normal_pdf(float g) {
  const float t = clamped_size(g, 13.0f);  // where it is 1e-37
  return 0.39894228f * fast_exp(-0.5f * t * t);
}
ZT_INLINE double normal_pdf(double g) { return 0.3989422804014327 * std::exp(-0.5 * g * g); }

// y may be u or g, so that nothing may be declared __restrict; no element depends on another one.
template <class Element>
ZT_SIMD void forward(const Element* u, const Element* g, int64_t count, Element* y) {
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) y[i] = u[i] * (g[i] * normal_cdf(g[i]));
}

template <class Element>
ZT_SIMD void backward(const Element* __restrict u, const Element* __restrict g, const Element* __restrict dy,
                      int64_t count, Element* __restrict du, Element* __restrict dg) {
  for (int64_t i = 0; i < count; ++i) {
    const Element cdf = normal_cdf(g[i]);
    du[i] = dy[i] * (g[i] * cdf);
    dg[i] = dy[i] * u[i] * (cdf + g[i] * normal_pdf(g[i]));
  }
}

/// body(element in u and g, element in y, count) for every piece, on all threads.
template <class Body>
void for_each_piece(const zt_geglu& p, const Body& body) {
  const bool one_row = p.stride == p.width;
  const int64_t rows = one_row ? 1 : p.rows, width = one_row ? p.rows * p.width : p.width;
  const int64_t pieces = (width + piece_elements - 1) / piece_elements;
  const int64_t grain = std::max<int64_t>(1, least_elements_a_thread / std::min(width, piece_elements));
  at::parallel_for(0, rows * pieces, grain, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t row = task / pieces, first = task % pieces * piece_elements;
      body(row * p.stride + first, row * width + first, std::min(piece_elements, width - first));
    }
  });
}

/// forward() over a part of a row whose two halves lie side by side. They are too short for the processor to see
/// them coming: what follows, in this row or the next one, `stride` on, is fetched meanwhile (it halves the time).
template <class Element>
void forward_fetching(const Element* u, const Element* g, int64_t count, int64_t stride, Element* y) {
  for (int64_t first = 0; first < count; first += block_elements) {
    const int64_t block = std::min(block_elements, count - first);
    const int64_t ahead = first + elements_ahead + (first + elements_ahead < count ? 0 : stride - count);
    for (int64_t i = ahead; i < ahead + block; i += lanes<Element>::count) {
      __builtin_prefetch(u + i);
      __builtin_prefetch(g + i);
    }
    forward(u + first, g + first, block, y + first);
  }
}

template <class Element>
void run_forward(const zt_geglu& p) {
  const auto *u = static_cast<const Element*>(p.u), *g = static_cast<const Element*>(p.g);
  auto* y = static_cast<Element*>(p.y);
  const bool packed = p.stride > p.width;
  for_each_piece(p, [&](int64_t in, int64_t out, int64_t count) {
    if (packed)
      forward_fetching(u + in, g + in, count, p.stride, y + out);
    else
      forward(u + in, g + in, count, y + out);
  });
}

template <class Element>
void run_backward(const zt_geglu& p) {
  const auto *u = static_cast<const Element*>(p.u), *g = static_cast<const Element*>(p.g),
             *dy = static_cast<const Element*>(p.dy);
  auto *du = static_cast<Element*>(p.du), *dg = static_cast<Element*>(p.dg);
  for_each_piece(p, [&](int64_t in, int64_t out, int64_t count) {
    backward(u + in, g + in, dy + out, count, du + in, dg + in);
  });
}

}  // namespace

void geglu_forward_cpu(const zt_geglu& p) {
  p.dtype == zt_f64 ? run_forward<double>(p) : run_forward<float>(p);
}

void geglu_backward_cpu(const zt_geglu& p) {
  p.dtype == zt_f64 ? run_backward<double>(p) : run_backward<float>(p);
}

}  // namespace zoetrope
