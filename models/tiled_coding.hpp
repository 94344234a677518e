// Runs an image network piece by piece, so that its memory does not grow with the image, and blends the
// overlaps linearly: diffusers' VAE tiling, to the bit of its arithmetic.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

namespace zoetrope {

struct tile_grid {
  int64_t size;    ///< height and width of a tile, in pixels of the input; less at the right and lower edge
  int64_t stride;  ///< from one tile's start to the next, in pixels of the input
  int64_t blend;  ///< rows and columns, in pixels of the output, over which a tile fades in on its neighbours
  int64_t keep;   ///< rows and columns, in pixels of the output, that each tile gives to the result
};

/// b c h w -> b c' h' w', where `code` takes and gives such tensors. Differentiable.
at::Tensor code_in_tiles(const at::Tensor& input, const tile_grid& grid,
                         const std::function<at::Tensor(const at::Tensor&)>& code);

}  // namespace zoetrope
