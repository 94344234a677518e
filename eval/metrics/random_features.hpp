// Features of a clip by a 3-D convolution network that was never trained: three layers of 3 x 3 x 3 kernels
// (zero padding 1) with 16, 32 and 64 channels, strides (1, 2, 2), (2, 2, 2), (2, 2, 2) over (t, y, x), no
// biases, ReLU behind each; then the mean over all places: 64 numbers. Pictures are averaged down to
// side x side and taken from [0, 1] to [-1, 1]. Weights are normal with variance 2 / (27 c_in) (He et al.
// 2015), drawn in the order out, in, t, y, x by Box and Muller's cosine from the 53-bit uniforms of the
// Mersenne twister, so that numpy's RandomState(seed).random_sample() gives the same.
#pragma once

#include <cstdint>
#include <vector>

#include "eval/metric.hpp"

namespace zoetrope {

struct random_feature_options {
  uint32_t seed = 0;
  int side = 64;
};
/// The options "seed" and "side".
random_feature_options read_random_feature_options(const config& options);

inline constexpr int random_feature_size = 64;
std::vector<double> random_features(const float_clip& clip, const random_feature_options& options);

}  // namespace zoetrope
