// LayerNorm over rows with residual, table and layout change, backward. See layer_norm_rows.h for the
// equations and layer_norm_rows.cuh for the tile of dx. dweight and dbias are sums down the columns:
//
//             32 channels     threadIdx.x: channel      blockIdx.x: (chunk of rows, 32 channels)
//   chunk    +-----------+    threadIdx.y: every 8th row of the chunk; the 8 are added in shared memory, in a
//   of rows  |           |    fixed order; then a thread a channel adds the chunks. No atomics: equal inputs
//            +-----------+    give equal bits.
#include "models/kernels/layer_norm_rows.cuh"

namespace zoetrope {

namespace {

using namespace layer_norm_rows;

template <class Element, int Lanes, int Held, int Width>
__global__ void __launch_bounds__(warp* block_warps) gradient_of_rows(zt_layer_norm_rows p) {
  const lane_row<Width> row(p, Lanes);
  const place at(p, row.number);
  const float mean = static_cast<const float*>(p.mean)[row.number],
              rstd = static_cast<const float*>(p.rstd)[row.number];
  struct inputs {
    packed_vector<Element, Lanes> dy, s;
  };
  const auto read = [&](int64_t v, inputs& in) {
    in.dy = load_packed<Element, Lanes>(p.dy, at.y + v * Lanes);
    in.s = load_packed<Element, Lanes>(p.x, at.x + v * Lanes);
  };
  // dz and h of a vector, one after the other
  const auto pair_of = [&](int64_t v, const inputs& in, float(&pair)[2 * Lanes]) {
    float dy[Lanes], s[Lanes], weight[Lanes];
    unpack(in.dy, dy);
    unpack(in.s, s);
    load<Element, Lanes>(p.weight, v * Lanes, weight);
    for (int i = 0; i < Lanes; ++i) {
      pair[i] = dy[i] * weight[i];
      pair[Lanes + i] = (s[i] - mean) * rstd;
    }
  };
  float mean_dz = 0, mean_dz_h = 0;
  lane_vectors<2 * Lanes, Held, Width> vectors(row.vectors, inputs(), read,
                                               [&](int64_t v, const inputs& in, float(&pair)[2 * Lanes]) {
                                                 pair_of(v, in, pair);
                                                 for (int i = 0; i < Lanes; ++i) {
                                                   mean_dz += pair[i];
                                                   mean_dz_h += pair[i] * pair[Lanes + i];
                                                 }
                                               });
  const auto again = [&](int64_t v, float(&pair)[2 * Lanes]) {
    inputs in;
    read(v, in);
    pair_of(v, in, pair);
  };
  mean_dz = sum_over_lanes<Width>(mean_dz) / static_cast<float>(p.channels);
  mean_dz_h = sum_over_lanes<Width>(mean_dz_h) / static_cast<float>(p.channels);
  vectors.each(again, [&](int64_t v, const float(&pair)[2 * Lanes]) {
    float dx[Lanes], dsum[Lanes] = {};
    if (p.dsum != nullptr) load<Element, Lanes>(p.dsum, at.contiguous + v * Lanes, dsum);
    for (int i = 0; i < Lanes; ++i)
      dx[i] = rstd * (pair[i] - mean_dz - pair[Lanes + i] * mean_dz_h) + dsum[i];
    store<Element, Lanes>(p.dx, at.contiguous + v * Lanes, dx);
  });
}

constexpr int column_rows = 8;
constexpr int64_t rows_a_chunk = 256;

struct chunking {
  explicit chunking(const zt_layer_norm_rows& p)
      : columns(divided_up(p.channels, warp)), chunks(divided_up(rows_of(p), rows_a_chunk)) {}
  int64_t columns, chunks;
};

// workspace: [chunks, (dweight, dbias), channels]
template <class Element>
__global__ void __launch_bounds__(warp* column_rows) sums_of_columns(zt_layer_norm_rows p, chunking c) {
  const int64_t chunk = blockIdx.x / c.columns, channel = blockIdx.x % c.columns * warp + threadIdx.x;
  const int64_t last = (chunk + 1) * rows_a_chunk < rows_of(p) ? (chunk + 1) * rows_a_chunk : rows_of(p);
  float dweight = 0, dbias = 0;
  if (channel < p.channels)
    for (int64_t row = chunk * rows_a_chunk + threadIdx.y; row < last; row += column_rows) {
      const place at(p, row);
      const float dy = to_float(static_cast<const Element*>(p.dy)[at.y + channel]);
      const float s = to_float(static_cast<const Element*>(p.x)[at.x + channel]);
      dbias += dy;
      dweight += dy * ((s - static_cast<const float*>(p.mean)[row]) * static_cast<const float*>(p.rstd)[row]);
    }
  __shared__ float of_rows[2][column_rows][warp];
  of_rows[0][threadIdx.y][threadIdx.x] = dweight;
  of_rows[1][threadIdx.y][threadIdx.x] = dbias;
  __syncthreads();
  if (threadIdx.y >= 2 || channel >= p.channels) return;
  float sum = 0;
  for (int row = 0; row < column_rows; ++row) sum += of_rows[threadIdx.y][row][threadIdx.x];
  p.workspace[(2 * chunk + threadIdx.y) * p.channels + channel] = sum;
}

__global__ void sums_of_chunks(zt_layer_norm_rows p, chunking c) {
  const int64_t channel = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (channel >= p.channels) return;
  double dweight = 0, dbias = 0;
  for (int64_t chunk = 0; chunk < c.chunks; ++chunk) {
    dweight += p.workspace[2 * chunk * p.channels + channel];
    dbias += p.workspace[(2 * chunk + 1) * p.channels + channel];
  }
  static_cast<float*>(p.dweight)[channel] = static_cast<float>(dweight);
  static_cast<float*>(p.dbias)[channel] = static_cast<float>(dbias);
}

dim3 blocks(int64_t count) { return dim3(static_cast<unsigned>(count)); }

}  // namespace

extern "C" int64_t zt_layer_norm_rows_workspace(const zt_layer_norm_rows* problem) {
  return chunking(*problem).chunks * 2 * problem->channels;
}

extern "C" int zt_layer_norm_rows_backward(const zt_layer_norm_rows* problem, void* stream) {
  const chunking c(*problem);
  if (!fits_grid(*problem) || c.chunks * c.columns > INT32_MAX) return cudaErrorInvalidValue;
  const auto on = static_cast<cudaStream_t>(stream);
  return with_choice(*problem, [&](auto choice) -> int {
    using Choice = decltype(choice);
    launch(gradient_of_rows<typename Choice::Element, Choice::Lanes, Choice::Held, Choice::Width>,
           blocks(divided_up(rows_of(*problem), rows_a_block<Choice::Width>)), dim3(warp, block_warps), 0, on,
           *problem);
    if (problem->dweight == nullptr) return cudaGetLastError();
    launch(sums_of_columns<typename Choice::Element>, blocks(c.chunks * c.columns), dim3(warp, column_rows),
           0, on, *problem, c);
    launch(sums_of_chunks, blocks(divided_up(problem->channels, 128)), 128, 0, on, *problem, c);
    return cudaGetLastError();
  });
}

}  // namespace zoetrope
