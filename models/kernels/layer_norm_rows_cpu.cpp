// See layer_norm_rows.h. A row is read from memory once; the passes over it find it in the first-level cache.
// Sums along a row are kept in 64 bytes of partial sums. dweight and dbias are summed over chunks of rows
// that depend on the shape alone.
#include "models/kernels/layer_norm_rows.h"

#include <vector>

#include "core/simd_math.h"
#include "core/tensor/parallel.hpp"

namespace zoetrope {

namespace {

using problem = zt_layer_norm_rows;

int64_t rows_of(const problem& p) { return p.batch * p.frames * p.positions; }

/// First elements of a row.
struct place {
  place(const problem& p, int64_t row) : contiguous(row * p.channels) {
    const int64_t position = row % p.positions, frame = row / p.positions % p.frames,
                  batch = row / p.positions / p.frames;
    x = batch * p.x_stride[0] + frame * p.x_stride[1] + position * p.x_stride[2];
    y = batch * p.y_stride[0] + frame * p.y_stride[1] + position * p.y_stride[2];
    table = frame * p.table_stride[0] + position * p.table_stride[1];
  }
  int64_t contiguous, x, y, table;
};

/// `from`, or null where there is none.
template <class Element>
const Element* at(const void* from, int64_t element) {
  return from == nullptr ? nullptr : static_cast<const Element*>(from) + element;
}
template <class Element>
Element* at(void* to, int64_t element) {
  return to == nullptr ? nullptr : static_cast<Element*>(to) + element;
}

// s may be x.
template <class Element>
ZT_SIMD void add(const Element* x, const Element* residual, int64_t channels, Element* s) {
#pragma GCC ivdep
  for (int64_t c = 0; c < channels; ++c) s[c] = x[c] + residual[c];
}

template <class Element>
struct statistics {
  Element mean, rstd;
};

template <class Element>
ZT_SIMD statistics<Element> statistics_of(const Element* __restrict s, int64_t channels, Element eps) {
  using vector = typename lanes<Element>::vector;
  constexpr int64_t count = lanes<Element>::count;
  const int64_t whole = channels / count * count;
  vector sums{};
  for (int64_t c = 0; c < whole; c += count) sums += vector_at(s + c);
  Element sum = sum_of<Element>(sums);
  for (int64_t c = whole; c < channels; ++c) sum += s[c];
  const Element mean = sum / static_cast<Element>(channels);

  vector squares{};
  for (int64_t c = 0; c < whole; c += count) {
    const vector distance = vector_at(s + c) - mean;
    squares += distance * distance;
  }
  Element square = sum_of<Element>(squares);
  for (int64_t c = whole; c < channels; ++c) square += (s[c] - mean) * (s[c] - mean);
  return {mean, 1 / std::sqrt(square / static_cast<Element>(channels) + eps)};
}

template <class Element>
ZT_SIMD void normalise(const Element* __restrict s, int64_t channels, statistics<Element> of,
                       const Element* __restrict weight, const Element* __restrict bias,
                       const Element* __restrict table, Element* __restrict y) {
  const Element mean = of.mean, rstd = of.rstd;
  if (table == nullptr)
    for (int64_t c = 0; c < channels; ++c) y[c] = (s[c] - mean) * rstd * weight[c] + bias[c];
  else
    for (int64_t c = 0; c < channels; ++c) y[c] = (s[c] - mean) * rstd * weight[c] + bias[c] + table[c];
}

template <class Element>
void forward_row(const problem& p, int64_t row) {
  const place place(p, row);
  const Element* s = at<Element>(p.x, place.x);
  if (p.residual != nullptr) {
    auto* sum = at<Element>(p.sum, place.contiguous);
    add(s, at<Element>(p.residual, place.contiguous), p.channels, sum);
    s = sum;
  }
  const auto of = statistics_of(s, p.channels, static_cast<Element>(p.eps));
  normalise(s, p.channels, of, at<Element>(p.weight, 0), at<Element>(p.bias, 0),
            at<Element>(p.table, place.table), at<Element>(p.y, place.y));
  if (p.mean == nullptr) return;
  *at<Element>(p.mean, row) = of.mean;
  *at<Element>(p.rstd, row) = of.rstd;
}

/// The means over a row of dz and of dz h.
template <class Element>
ZT_SIMD void gradient_means(const Element* __restrict s, const Element* __restrict dy,
                            const Element* __restrict weight, int64_t channels, statistics<Element> of,
                            Element (&means)[2]) {
  using vector = typename lanes<Element>::vector;
  constexpr int64_t count = lanes<Element>::count;
  const int64_t whole = channels / count * count;
  vector sums{}, sums_h{};
  for (int64_t c = 0; c < whole; c += count) {
    const vector dz = vector_at(dy + c) * vector_at(weight + c);
    sums += dz;
    sums_h += dz * ((vector_at(s + c) - of.mean) * of.rstd);
  }
  means[0] = sum_of<Element>(sums);
  means[1] = sum_of<Element>(sums_h);
  for (int64_t c = whole; c < channels; ++c) {
    means[0] += dy[c] * weight[c];
    means[1] += dy[c] * weight[c] * ((s[c] - of.mean) * of.rstd);
  }
  for (Element& mean : means) mean /= static_cast<Element>(channels);
}

template <class Element>
ZT_SIMD void apply_gradient(const Element* __restrict s, const Element* __restrict dy,
                            const Element* __restrict weight, int64_t channels, statistics<Element> of,
                            const Element (&means)[2], Element* __restrict dx, Element* __restrict dweight,
                            Element* __restrict dbias) {
  const Element mean = of.mean, rstd = of.rstd, mean_dz = means[0], mean_dz_h = means[1];
  for (int64_t c = 0; c < channels; ++c) {
    const Element h = (s[c] - mean) * rstd;
    dx[c] = rstd * (dy[c] * weight[c] - mean_dz - h * mean_dz_h);
    dweight[c] += dy[c] * h;
    dbias[c] += dy[c];
  }
}

template <class Element>
void backward_row(const problem& p, int64_t row, Element* dweight, Element* dbias) {
  const place place(p, row);
  const Element *s = at<Element>(p.x, place.x), *dy = at<Element>(p.dy, place.y),
                *weight = at<Element>(p.weight, 0);
  auto* dx = at<Element>(p.dx, place.contiguous);
  const statistics<Element> of{*at<Element>(p.mean, row), *at<Element>(p.rstd, row)};
  Element means[2];
  gradient_means(s, dy, weight, p.channels, of, means);
  apply_gradient(s, dy, weight, p.channels, of, means, dx, dweight, dbias);
  if (p.dsum != nullptr)
    add<Element>(dx, at<Element>(static_cast<const void*>(p.dsum), place.contiguous), p.channels, dx);
}

template <class Element>
void forward(const problem& p) {
  const int64_t grain = std::max<int64_t>(1, least_elements_a_thread / p.channels);
  at::parallel_for(0, rows_of(p), grain, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) forward_row<Element>(p, row);
  });
}

template <class Element>
void backward(const problem& p) {
  const int64_t rows = rows_of(p), channels = p.channels;
  // At least 64 rows, so that the partial sums are small beside x, and at most 256 chunks.
  const int64_t chunk_rows = std::max<int64_t>(64, (rows + 255) / 256);
  const int64_t chunks = (rows + chunk_rows - 1) / chunk_rows;
  std::vector<Element> partial(chunks * 2 * channels);
  at::parallel_for(0, chunks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t chunk = begin; chunk < end; ++chunk) {
      Element* sums = &partial[chunk * 2 * channels];
      for (int64_t row = chunk * chunk_rows; row < std::min(rows, (chunk + 1) * chunk_rows); ++row)
        backward_row(p, row, sums, sums + channels);
    }
  });
  if (p.dweight == nullptr) return;
  for (int64_t c = 0; c < channels; ++c) {
    double dweight = 0, dbias = 0;
    for (int64_t chunk = 0; chunk < chunks; ++chunk) {
      dweight += partial[2 * chunk * channels + c];
      dbias += partial[(2 * chunk + 1) * channels + c];
    }
    *at<Element>(p.dweight, c) = static_cast<Element>(dweight);
    *at<Element>(p.dbias, c) = static_cast<Element>(dbias);
  }
}

}  // namespace

void layer_norm_rows_forward_cpu(const problem& p) {
  p.dtype == zt_f64 ? forward<double>(p) : forward<float>(p);
}

void layer_norm_rows_backward_cpu(const problem& p) {
  p.dtype == zt_f64 ? backward<double>(p) : backward<float>(p);
}

}  // namespace zoetrope
