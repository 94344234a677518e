// LayerNorm over rows with residual, table and layout change, forward. See layer_norm_rows.h for the
// equations and layer_norm_rows.cuh for the tile. The variance is that of the distances from the mean (two
// passes), in registers.
#include "models/kernels/layer_norm_rows.cuh"

namespace zoetrope {

namespace {

using namespace layer_norm_rows;

template <class Element, int Lanes>
struct summands {
  __device__ void read(const zt_layer_norm_rows& p, const place& at, int64_t channel) {
    x = load_packed<Element, Lanes>(p.x, at.x + channel);
    if (p.residual != nullptr) residual = load_packed<Element, Lanes>(p.residual, at.contiguous + channel);
  }
  packed_vector<Element, Lanes> x, residual;
};

// s as it is stored: rounded to the dtype, so that backward sees the same.
template <class Element, int Lanes>
__device__ void add_and_store(const zt_layer_norm_rows& p, const place& at, int64_t channel,
                              const summands<Element, Lanes>& of, float (&s)[Lanes]) {
  unpack(of.x, s);
  if (p.residual == nullptr) return;
  float residual[Lanes];
  unpack(of.residual, residual);
#pragma unroll
  for (int i = 0; i < Lanes; ++i) {
    Element rounded;
    from_float(s[i] + residual[i], rounded);
    s[i] = to_float(rounded);
  }
  store<Element, Lanes>(p.sum, at.contiguous + channel, s);
}

template <class Element, int Lanes, int Held, int Width>
__global__ void __launch_bounds__(warp* block_warps) forward(zt_layer_norm_rows p) {
  const lane_row<Width> row(p, Lanes);
  const place at(p, row.number);
  float mean = 0, squares = 0;
  using summands = summands<Element, Lanes>;
  lane_vectors<Lanes, Held, Width> vectors(
      row.vectors, summands(), [&](int64_t v, summands& of) { of.read(p, at, v * Lanes); },
      [&](int64_t v, const summands& of, float(&s)[Lanes]) {
        add_and_store(p, at, v * Lanes, of, s);
        for (int i = 0; i < Lanes; ++i) mean += s[i];
      });
  const auto again = [&](int64_t v, float(&s)[Lanes]) {
    if (p.residual == nullptr)
      load<Element, Lanes>(p.x, at.x + v * Lanes, s);
    else
      load<Element, Lanes>(p.sum, at.contiguous + v * Lanes, s);
  };
  const float count = static_cast<float>(p.channels);
  mean = sum_over_lanes<Width>(mean) / count;
  vectors.each(again, [&](int64_t, const float(&s)[Lanes]) {
    for (int i = 0; i < Lanes; ++i) squares += (s[i] - mean) * (s[i] - mean);
  });
  const float rstd = rsqrtf(sum_over_lanes<Width>(squares) / count + static_cast<float>(p.eps));

  vectors.each(again, [&](int64_t v, const float(&s)[Lanes]) {
    const int64_t channel = v * Lanes;
    float y[Lanes], weight[Lanes], bias[Lanes], table[Lanes] = {};
    load<Element, Lanes>(p.weight, channel, weight);
    load<Element, Lanes>(p.bias, channel, bias);
    if (p.table != nullptr) load<Element, Lanes>(p.table, at.table + channel, table);
    for (int i = 0; i < Lanes; ++i) y[i] = (s[i] - mean) * rstd * weight[i] + bias[i] + table[i];
    store<Element, Lanes>(p.y, at.y + channel, y);
  });
  if (!row.there || threadIdx.x % Width != 0 || p.mean == nullptr) return;
  static_cast<float*>(p.mean)[row.number] = mean;
  static_cast<float*>(p.rstd)[row.number] = rstd;
}

}  // namespace

extern "C" int zt_layer_norm_rows_forward(const zt_layer_norm_rows* problem, void* stream) {
  if (!fits_grid(*problem)) return cudaErrorInvalidValue;
  return with_choice(*problem, [&](auto choice) -> int {
    using Choice = decltype(choice);
    const dim3 grid(static_cast<unsigned>(divided_up(rows_of(*problem), rows_a_block<Choice::Width>)));
    launch(forward<typename Choice::Element, Choice::Lanes, Choice::Held, Choice::Width>, grid,
           dim3(warp, block_warps), 0, static_cast<cudaStream_t>(stream), *problem);
    return cudaGetLastError();
  });
}

}  // namespace zoetrope
