// See token_table.hpp.
#include "models/token_table.hpp"

#include <ATen/ATen.h>

#include "core/error.hpp"

namespace zoetrope {

at::Tensor token_table::forward(const at::Tensor& ids) const {
  if (!added.defined() || ids.numel() == 0 || ids.is_meta()) return embedding::forward(ids);
  const int64_t greatest = ids.max().item<int64_t>();
  ZT_CHECK(greatest < size(), bad_input, "embedding: id ", greatest, " is outside the table of ", size());
  const at::Tensor known = embedding::forward(ids.clamp_max(count - 1));
  const at::Tensor fresh = at::embedding(added.to(known.options()), (ids - count).clamp_min(0));
  return at::where((ids >= count).unsqueeze(-1), fresh, known);
}

}  // namespace zoetrope
