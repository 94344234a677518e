// See flop_counter.hpp. libtorch's profiling hook (at::RecordFunction) sees every operator with its
// arguments, also those that composite operators call; counted are the leaves.
#include "core/tensor/flop_counter.hpp"

#include <ATen/ATen.h>
#include <ATen/record_function.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "core/error.hpp"

namespace zoetrope {

namespace {

thread_local flop_counter* counter_now = nullptr;
// Fused attention may fall back on products that are operators, too.
thread_local int attention_depth = 0;

struct inside_attention final : at::ObserverContext {
  inside_attention() { ++attention_depth; }
  ~inside_attention() override { --attention_depth; }
};

using arguments = c10::ArrayRef<const c10::IValue>;

// a: [..., m, k], b: [..., k, n]
int64_t product(const at::Tensor& a, const at::Tensor& b) { return 2 * a.numel() * b.size(-1); }

// One number stands for all directions.
int64_t along(const std::vector<int64_t>& values, std::size_t i) {
  return values[std::min(i, values.size() - 1)];
}

// y = conv(x, w, bias, stride, padding, dilation, …): each of the weight's rows is applied at every output
// position
int64_t convolution(arguments given) {
  const at::Tensor x = given[0].toTensor(), weight = given[1].toTensor();
  const auto stride = given[3].toIntVector(), padding = given[4].toIntVector(),
             dilation = given[5].toIntVector();
  int64_t positions = x.size(0);
  for (int64_t i = 0; i < x.dim() - 2; ++i) {
    const int64_t reach = along(dilation, i) * (weight.size(i + 2) - 1) + 1;
    positions *= (x.size(i + 2) + 2 * along(padding, i) - reach) / along(stride, i) + 1;
  }
  return 2 * positions * weight.numel();
}

// q kᵀ and its product with v
int64_t attention(arguments given) {
  const at::Tensor q = given[0].toTensor(), k = given[1].toTensor(), v = given[2].toTensor();
  return 2 * q.numel() * k.size(-2) + 2 * q.numel() / q.size(-1) * k.size(-2) * v.size(-1);
}

std::unique_ptr<at::ObserverContext> see(const at::RecordFunction& call) {
  if (counter_now == nullptr || attention_depth > 0) return nullptr;
  const std::string_view name = call.name();
  const arguments given = call.inputs();
  if (name == "aten::mm" || name == "aten::bmm")
    counter_now->add(product(given[0].toTensor(), given[1].toTensor()));
  else if (name == "aten::addmm" || name == "aten::baddbmm")
    counter_now->add(product(given[1].toTensor(), given[2].toTensor()));
  else if (name == "aten::convolution")
    counter_now->add(convolution(given));
  else if (name == "aten::scaled_dot_product_attention" || name == "zoetrope::attention") {
    counter_now->add(attention(given));
    return std::make_unique<inside_attention>();
  }
  return nullptr;
}

void leave(const at::RecordFunction&, at::ObserverContext*) {}

}  // namespace

flop_counter::flop_counter() {
  ZT_CHECK(counter_now == nullptr, runtime, "a flop_counter inside another one");
  counter_now = this;
  hook_ = at::addThreadLocalCallback(
      at::RecordFunctionCallback(see, leave).needsInputs(true).scopes({at::RecordScope::FUNCTION}));
}

flop_counter::~flop_counter() {
  at::removeCallback(hook_);
  counter_now = nullptr;
}

}  // namespace zoetrope
