// See unet3d.hpp. The way down is unet_encoder's; here is the way up.
#include "models/unet3d.hpp"

#include <ATen/ATen.h>

#include "models/frames.hpp"
#include "models/unet_blocks.hpp"

namespace zoetrope {

namespace {

// A norm that reports what it returns.
struct tapped_group_norm : public group_norm {
  using group_norm::group_norm;
  at::Tensor forward(const at::Tensor& x, const norm_scope& scope, const unet_context& context) const {
    return tapped(scope.norm(*this, x, context));
  }
};

}  // namespace

struct unet3d::parts {
  explicit parts(const unet_options& options)
      : conv_norm_out(options.groups, options.down[0].in_channels, options.eps),
        conv_out(options.down[0].in_channels, options.out_channels,
                 {.kernel = options.conv_out_kernel, .padding = (options.conv_out_kernel - 1) / 2}) {
    for (const unet_block_options& block : options.up) up_blocks.emplace(options, block);
  }
  module_list<unet_up_block> up_blocks;
  tapped_group_norm conv_norm_out;
  conv2d conv_out;
};

unet3d::unet3d(const config& source)
    : unet_encoder("unet", unet_options::read(source)), parts_(std::make_unique<parts>(options_)) {
  add_child("up_blocks", parts_->up_blocks);
  add_child("conv_norm_out", parts_->conv_norm_out);
  add_child("conv_out", parts_->conv_out);
  complete();
}

unet3d::~unet3d() = default;

void unet3d::check(const unet_input& input) const {
  const int64_t height = input.sample.size(3), width = input.sample.size(4), multiple = size_multiple();
  ZT_CHECK(height % multiple == 0 && width % multiple == 0, usage, "unet: got latents of ", height, "x",
           width, ", wanted multiples of ", multiple);
  const std::size_t residuals = input.down_residuals.size();
  ZT_CHECK(residuals == 0 || residuals == skip_count(), usage, "unet: got ", residuals,
           " down residuals, wanted ", skip_count());
}

at::Tensor unet3d::forward(const unet_input& input) const {
  unet_context context = context_of(input);
  check(input);
  context.temporal = input.temporal;

  std::vector<at::Tensor> skips;
  at::Tensor x = way_down(first_features(input.sample, context), context, skips);
  for (std::size_t i = 0; i < input.down_residuals.size(); ++i)
    skips[i] = skips[i] + fold_frames(input.down_residuals[i]);
  x = middle(x, context);
  if (input.mid_residual.defined()) x = x + fold_frames(input.mid_residual);
  for (const auto& block : parts_->up_blocks) x = block->forward(x, context, skips);
  x = parts_->conv_out.forward(at::silu(parts_->conv_norm_out.forward(x, options_.scope, context)));
  return unfold_frames(x, context.frames).contiguous();
}

std::string unet3d::canonical_key(const std::string& key) const { return key; }
int64_t unet3d::out_channels() const { return options_.out_channels; }
int64_t unet3d::size_multiple() const {
  return options_.video ? int64_t{1} << (options_.down.size() - 1) : 1;
}
int64_t unet3d::maximum_frames() const {
  int64_t least = maximum_frames_down();
  for (const auto& block : parts_->up_blocks) least = fewer_frames(least, block->maximum_frames());
  return least;
}
int64_t unet3d::sample_size() const { return options_.sample_size; }

}  // namespace zoetrope
