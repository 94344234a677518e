// See channel_projection.hpp.
#include "models/channel_projection.hpp"

#include <cmath>

namespace zoetrope {

channel_projection::channel_projection(const options& options) {
  std::vector<int64_t> shape{options.out_channels, options.in_channels};
  if (options.convolution) shape.insert(shape.end(), {1, 1});
  const initializer law =
      options.zero_init ? initializer::zeros()
                        : initializer::uniform(1.0 / std::sqrt(static_cast<double>(options.in_channels)));
  add_parameter("weight", weight, shape, law);
  add_parameter("bias", bias, {options.out_channels}, law);
}

}  // namespace zoetrope
