// See tiled_coding.hpp.
#include "models/tiled_coding.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <vector>

namespace zoetrope {

namespace {

constexpr int64_t rows = 2, columns = 3;  // dimensions of b c h w

at::Tensor at_most(const at::Tensor& x, int64_t dim, int64_t start, int64_t length) {
  return x.narrow(dim, start, std::min(length, x.size(dim) - start));
}

/// `tile`, whose first pixels along `dim` fade in, with weight i / extent, on the last ones of the tile
/// before it.
at::Tensor blended(const at::Tensor& before, const at::Tensor& tile, int64_t dim, int64_t extent) {
  extent = std::min({extent, before.size(dim), tile.size(dim)});
  if (extent <= 0) return tile;
  std::vector<int64_t> shape(tile.dim(), 1);
  shape[dim] = extent;
  const at::Tensor weight = at::arange(extent, at::kDouble).div(extent).reshape(shape);
  const at::Tensor faded =
      before.narrow(dim, before.size(dim) - extent, extent) * (1 - weight).to(tile.options()) +
      tile.narrow(dim, 0, extent) * weight.to(tile.options());
  return at::cat({faded, tile.narrow(dim, extent, tile.size(dim) - extent)}, dim);
}

}  // namespace

at::Tensor code_in_tiles(const at::Tensor& input, const tile_grid& grid,
                         const std::function<at::Tensor(const at::Tensor&)>& code) {
  std::vector<at::Tensor> above;  // the tiles of the row before, blended
  std::vector<at::Tensor> result;
  for (int64_t y = 0; y < input.size(rows); y += grid.stride) {
    std::vector<at::Tensor> row, kept;
    for (int64_t x = 0; x < input.size(columns); x += grid.stride) {
      at::Tensor tile = code(at_most(at_most(input, rows, y, grid.size), columns, x, grid.size));
      if (!above.empty()) tile = blended(above[row.size()], tile, rows, grid.blend);
      if (!row.empty()) tile = blended(row.back(), tile, columns, grid.blend);
      kept.push_back(at_most(at_most(tile, rows, 0, grid.keep), columns, 0, grid.keep));
      row.push_back(std::move(tile));
    }
    result.push_back(at::cat(kept, columns));
    above = std::move(row);
  }
  return at::cat(result, rows);
}

}  // namespace zoetrope
