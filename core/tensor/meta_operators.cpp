// See meta_operators.hpp. Each makes a result of the shape and strides that the real operator's has, and
// takes its scratch memory for a moment, so that a meta run counts it. Scratch was measured (malloc counted
// around single operators, libtorch 2.11, oneDNN 3.11 with AVX2, f32): docs/memory.md.
#include "core/tensor/meta_operators.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/library.h>

#include <algorithm>

#include "core/tensor/meta_run.hpp"

namespace zoetrope {

namespace {

void take_scratch(int64_t bytes, const at::Tensor& like) {
  const counted_as kind(memory_kind::workspace);
  at::empty({bytes}, like.options().dtype(at::kByte));
}

// oneDNN keeps the weights of a convolution in a blocked order of its own: a copy for the length of the call.
// A 1 x 1 convolution on one thread goes to a plain matrix product instead.
int64_t convolution_scratch(const at::Tensor& x, const at::Tensor& weight, bool strided) {
  if (device_at_work(x) != at::kCPU) return 0;
  constexpr int64_t channel_block = 8, large_batch = 16;
  const bool pointwise = weight.size(-1) == 1 && weight.size(-2) == 1;
  if (pointwise && !strided && x.size(0) < large_batch && at::get_num_threads() == 1) return 0;
  const int64_t rows = (weight.size(0) + channel_block - 1) / channel_block * channel_block;
  return weight.numel() / weight.size(0) * rows * static_cast<int64_t>(weight.element_size());
}

at::Tensor convolution(const at::Tensor& x, const at::Tensor& weight, const std::optional<at::Tensor>&,
                       c10::SymIntArrayRef stride, c10::SymIntArrayRef padding, c10::SymIntArrayRef dilation,
                       bool transposed, c10::SymIntArrayRef, c10::SymInt) {
  TORCH_CHECK(!transposed, "meta run: transposed convolutions are not counted");
  std::vector<int64_t> size{x.size(0), weight.size(0)};
  for (int64_t i = 0; i < x.dim() - 2; ++i) {
    const int64_t reach = dilation[i].expect_int() * (weight.size(i + 2) - 1) + 1;
    size.push_back((x.size(i + 2) + 2 * padding[i].expect_int() - reach) / stride[i].expect_int() + 1);
  }
  const bool channels_last = x.suggest_memory_format() == at::MemoryFormat::ChannelsLast ||
                             weight.suggest_memory_format() == at::MemoryFormat::ChannelsLast;
  at::Tensor y = at::empty(size, x.options(),
                           channels_last ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous);
  take_scratch(convolution_scratch(x, weight, stride[0].expect_int() > 1), x);
  return y;
}

// libtorch's fused kernels: never the whole score matrix, but a score tile and a row of results for each
// thread on a CPU, and the log-sum-exp of every row.
at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                     const std::optional<at::Tensor>&, double, bool, std::optional<double>, bool) {
  const int64_t tokens = q.size(-2), head_dim = v.size(-1);
  at::Tensor y =
      at::empty({q.size(0), tokens, q.size(1), head_dim}, q.options());  // b t h d: as the kernels lay it
  int64_t floats = q.size(0) * q.size(1) * tokens;
  if (device_at_work(q) == at::kCPU) {
    const int64_t rows = std::min<int64_t>(tokens, tokens >= 768 ? 256 : tokens >= 192 ? 64 : 32);
    const int64_t columns = std::min<int64_t>(k.size(-2), 512);
    floats += at::get_num_threads() * rows * (columns + 2 + head_dim);
  }
  take_scratch(floats * static_cast<int64_t>(sizeof(float)), q);
  return y.transpose(1, 2);
}

using three_tensors = std::tuple<at::Tensor, at::Tensor, at::Tensor>;

three_tensors layer_norm(const at::Tensor& given, c10::SymIntArrayRef shape, const std::optional<at::Tensor>&,
                         const std::optional<at::Tensor>&, double) {
  const at::Tensor x = given.contiguous();
  std::vector<int64_t> rows(x.sizes().begin(), x.sizes().end() - static_cast<int64_t>(shape.size()));
  rows.insert(rows.end(), shape.size(), 1);
  return {at::empty_like(x), at::empty(rows, x.options()), at::empty(rows, x.options())};
}

three_tensors group_norm(const at::Tensor& given, const std::optional<at::Tensor>&,
                         const std::optional<at::Tensor>&, c10::SymInt batch, c10::SymInt, c10::SymInt,
                         int64_t groups, double) {
  const at::Tensor x = given.contiguous(given.suggest_memory_format());
  const std::vector<int64_t> rows{batch.expect_int(), groups};
  return {at::empty_like(x), at::empty(rows, x.options()), at::empty(rows, x.options())};
}

at::Tensor embedding(const at::Tensor& table, const at::Tensor& ids, c10::SymInt, bool, bool) {
  std::vector<int64_t> shape = ids.sizes().vec();
  shape.push_back(table.size(1));
  return at::empty(shape, table.options());
}

at::Tensor index_select(const at::Tensor& x, int64_t dim, const at::Tensor& index) {
  std::vector<int64_t> shape = x.sizes().vec();
  shape[static_cast<std::size_t>(at::maybe_wrap_dim(dim, x.dim()))] = index.numel();
  return at::empty(shape, x.options());
}

at::Tensor absolute(const at::Tensor& x) { return at::empty_like(x); }

at::Tensor standard_deviation(const at::Tensor& x, at::OptionalIntArrayRef dims,
                              const std::optional<at::Scalar>&, bool keepdim) {
  return at::mean(x, dims, keepdim);  // the same shape
}

}  // namespace

void add_meta_operators() {
  static torch::Library library(torch::Library::IMPL, "aten", c10::DispatchKey::Meta, __FILE__, __LINE__);
  library.impl("convolution_overrideable", convolution);
  library.impl("scaled_dot_product_attention", attention);
  library.impl("native_layer_norm", layer_norm);
  library.impl("native_group_norm", group_norm);
  library.impl("embedding", embedding);
  library.impl("index_select", index_select);
  library.impl("abs", absolute);
  library.impl("std.correction", standard_deviation);
}

}  // namespace zoetrope
