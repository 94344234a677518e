// See random_features.hpp.
#include "eval/metrics/random_features.hpp"

#include <Eigen/Core>
#include <Eigen/SparseCore>
#include <array>
#include <cmath>
#include <numbers>
#include <random>

#include "eval/metrics/plane.hpp"

namespace zoetrope {

random_feature_options read_random_feature_options(const config& options) {
  return {static_cast<uint32_t>(options.bounded("seed", 0, 0, 0xffffffff)),
          static_cast<int>(options.bounded("side", 64, 8, 1024))};
}

namespace {

using sparse = Eigen::SparseMatrix<double, Eigen::RowMajor>;
using picture = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// c t h w, one row a channel.
struct volume {
  int frames, height, width;
  picture values;
};

// Row i averages the stretch of `from` entries that falls on entry i of `to`.
sparse averaging(int from, int to) {
  sparse out(to, from);
  const double scale = static_cast<double>(from) / to;
  for (int i = 0; i < to; ++i)
    for (int j = static_cast<int>(i * scale); j < from && j < (i + 1) * scale; ++j) {
      const double covered = std::min(j + 1.0, (i + 1) * scale) - std::max<double>(j, i * scale);
      if (covered > 1e-9 * scale) out.insert(i, j) = covered / scale;
    }
  return out;
}

volume shrunk(const float_clip& clip, int side) {
  volume out{clip.frames, side, side, picture(3, clip.frames * side * side)};
  const sparse rows = averaging(clip.height, side), columns = averaging(clip.width, side);
  for (int frame = 0; frame < clip.frames; ++frame)
    for (int channel = 0; channel < 3; ++channel) {
      const plane values = channel_of(clip, frame, channel);
      const Eigen::Map<const picture> full(values.values.data(), clip.height, clip.width);
      const picture lower = rows * full;
      const picture small = (columns * lower.transpose()).transpose();
      out.values.row(channel).segment(frame * side * side, side * side) =
          Eigen::Map<const Eigen::RowVectorXd>(small.data(), side * side).array() * 2 - 1;
    }
  return out;
}

picture normal_weights(std::mt19937& generator, int out_channels, int in_channels) {
  const auto uniform = [&] {
    const double high = generator() >> 5, low = generator() >> 6;
    return (high * 67108864.0 + low) / 9007199254740992.0;
  };
  picture weights(out_channels, in_channels * 27);
  for (int row = 0; row < weights.rows(); ++row)
    for (int column = 0; column < weights.cols(); ++column) {
      const double radius = std::sqrt(-2 * std::log(1 - uniform()));
      weights(row, column) = radius * std::cos(2 * std::numbers::pi * uniform());
    }
  return weights * std::sqrt(2.0 / (27 * in_channels));
}

// Under every output place of frame `t`: c kt ky kx, (y x).
picture patches(const volume& in, int t, int stride_t, int height, int width) {
  picture out = picture::Zero(in.values.rows() * 27, height * width);
  for (int channel = 0, row = 0; channel < in.values.rows(); ++channel)
    for (int kernel = 0; kernel < 27; ++kernel, ++row) {
      const int from_t = t * stride_t + kernel / 9 - 1;
      if (from_t < 0 || from_t >= in.frames) continue;
      for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
          const int from_y = 2 * y + kernel / 3 % 3 - 1, from_x = 2 * x + kernel % 3 - 1;
          if (from_y < 0 || from_y >= in.height || from_x < 0 || from_x >= in.width) continue;
          out(row, y * width + x) = in.values(channel, (from_t * in.height + from_y) * in.width + from_x);
        }
    }
  return out;
}

// Kernel 3, padding 1, strides (stride_t, 2, 2), then ReLU.
volume convolved(const volume& in, const picture& weights, int stride_t) {
  const int frames = (in.frames - 1) / stride_t + 1, height = (in.height - 1) / 2 + 1,
            width = (in.width - 1) / 2 + 1;
  volume out{frames, height, width, picture(weights.rows(), frames * height * width)};
  for (int t = 0; t < frames; ++t)
    out.values.middleCols(t * height * width, height * width).noalias() =
        weights * patches(in, t, stride_t, height, width);
  out.values = out.values.cwiseMax(0);
  return out;
}

}  // namespace

std::vector<double> random_features(const float_clip& clip, const random_feature_options& options) {
  constexpr std::array channels{3, 16, 32, random_feature_size};
  std::mt19937 generator(options.seed);
  volume state = shrunk(clip, options.side);
  for (std::size_t layer = 0; layer + 1 < channels.size(); ++layer)
    state = convolved(state, normal_weights(generator, channels[layer + 1], channels[layer]), layer ? 2 : 1);
  const Eigen::VectorXd means = state.values.rowwise().mean();
  return {means.data(), means.data() + means.size()};
}

}  // namespace zoetrope
