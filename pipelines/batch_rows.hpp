// Rows of a guidance batch: negatives before positives.
#pragma once

#include <ATen/ATen.h>

namespace zoetrope {

struct batch_rows {
  int64_t first = 0, count = 0;
  /// The same rows of a tensor whose first dimension is the batch; an undefined one stays so.
  at::Tensor of(const at::Tensor& batch) const {
    return batch.defined() ? batch.narrow(0, first, count) : batch;
  }
};

}  // namespace zoetrope
