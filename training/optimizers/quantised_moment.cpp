// See quantised_moment.hpp.
#include "training/optimizers/quantised_moment.hpp"

#include <ATen/ATen.h>

#include <algorithm>

namespace zoetrope {
namespace {

// Without waiting for a GPU to come that far.
at::Tensor tensor_of(const std::array<float, 256>& values, at::Device device) {
  return at::from_blob(const_cast<float*>(values.data()), {256}).to(device, /*non_blocking=*/true);
}

}  // namespace

quantised_moment quantised_moment::zeros(const dynamic_map& map, int64_t count, at::Device device) {
  const int64_t blocks = (count + quantised_block - 1) / quantised_block;
  const auto zero = std::lower_bound(map.levels.begin(), map.levels.end(), 0.0f) - map.levels.begin();
  const at::TensorOptions options(device);
  return {&map, at::full({blocks, quantised_block}, static_cast<int64_t>(zero), options.dtype(at::kByte)),
          at::zeros({blocks}, options.dtype(at::kFloat))};
}

void quantised_moment::read_block(int64_t block, int64_t count, float* values) const {
  dequantise(*map, codes.const_data_ptr<uint8_t>() + block * quantised_block,
             largest.const_data_ptr<float>()[block], values, count);
}

void quantised_moment::write_block(int64_t block, int64_t count, const float* values) const {
  largest.data_ptr<float>()[block] =
      quantise(*map, values, codes.data_ptr<uint8_t>() + block * quantised_block, count);
}

at::Tensor quantised_moment::read(int64_t count) const {
  const at::Tensor levels = tensor_of(map->levels, codes.device());
  const at::Tensor values = levels.index_select(0, codes.view(-1).to(at::kInt)).view(codes.sizes());
  return values.mul(largest.unsqueeze(1)).view(-1).narrow(0, 0, count).contiguous();
}

void quantised_moment::write(const at::Tensor& values) const {
  const at::Tensor padded =
      at::constant_pad_nd(values.view(-1), {0, codes.numel() - values.numel()}).view(codes.sizes());
  largest.copy_(padded.abs().amax(1));
  const at::Tensor divisor = at::where(largest > 0, largest, at::ones_like(largest));
  codes.copy_(at::bucketize(padded / divisor.unsqueeze(1), tensor_of(map->thresholds, codes.device()),
                            /*out_int32=*/true));
}

}  // namespace zoetrope
