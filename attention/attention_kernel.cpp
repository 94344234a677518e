// See attention_kernel.hpp.
#include "attention/attention_kernel.hpp"

#include <ATen/ATen.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include <limits>

#include "attention/backends/makers.hpp"
#include "attention/kernels/short_attention.h"
#include "core/tensor/kernel_launch.hpp"

namespace zoetrope {

namespace {

/// All that a kernel reads: q, k, v of five dimensions, in the dtype that it computes in.
struct tensors {
  at::Tensor q, k, v, bias, q_cosine, q_sine, k_cosine, k_sine, relative_k, relative_v;
  double scale;
};

/// As it is where a kernel can read it: channels side by side, and 16 bytes at a time for a launcher.
at::Tensor readable(const at::Tensor& x) {
  bool fits = x.stride(-1) == 1;
  if (fits && served_by_launchers(x)) {
    const int64_t lanes = 16 / static_cast<int64_t>(x.element_size());
    fits = reinterpret_cast<uintptr_t>(x.const_data_ptr()) % 16 == 0;
    for (int64_t i = 0; i + 1 < x.dim(); ++i) fits = fits && x.stride(i) % lanes == 0;
  }
  return fits ? x : x.contiguous();
}

at::Tensor with_two_batches(const at::Tensor& x) { return x.dim() == 4 ? x.unsqueeze(0) : x; }

/// What is added to the scores: outer, inner, heads, tokens, keys, by strides of 0 where it is the same.
at::Tensor bias_of(const at::Tensor& mask, const at::Tensor& q, int64_t keys, at::ScalarType dtype) {
  if (!mask.defined()) return {};
  const at::TensorOptions like = mask.options().dtype(dtype);
  const at::Tensor added =
      mask.scalar_type() == at::kBool
          ? at::zeros(mask.sizes(), like)
                .masked_fill_(mask.bitwise_not(), -std::numeric_limits<double>::infinity())
          : mask.to(dtype);
  return added.expand({q.size(0), q.size(1), q.size(2), q.size(3), keys});
}

bool is_one_table(const rotation& turn) {
  return !turn.defined() || turn.cosine.numel() == turn.cosine.size(-1) * turn.cosine.size(-2);
}

at::Tensor table(const at::Tensor& x, at::ScalarType dtype) {
  return x.defined() ? x.to(dtype).contiguous().flatten(0, -2) : x;
}

tensors tensors_of(const attention_input& input, at::ScalarType dtype) {
  const at::ScalarType scalars = dtype == at::kDouble ? at::kDouble : at::kFloat;
  const auto prepared = [dtype](const at::Tensor& x) { return readable(with_two_batches(x.to(dtype))); };
  const auto relative = [dtype](const at::Tensor& x) { return x.defined() ? x.to(dtype).contiguous() : x; };
  tensors all{prepared(input.q),
              prepared(input.k),
              prepared(input.v),
              {},
              table(input.q_rotation.cosine, scalars),
              table(input.q_rotation.sine, scalars),
              table(input.k_rotation.cosine, scalars),
              table(input.k_rotation.sine, scalars),
              relative(input.relative_k),
              relative(input.relative_v),
              scale_of(input)};
  all.bias = bias_of(input.mask, all.q, all.k.size(3), scalars);
  return all;
}

const void* data_of(const at::Tensor& x) { return x.defined() ? x.const_data_ptr() : nullptr; }
zt_attention_strides strides_of(const at::Tensor& x) {
  return {x.stride(0), x.stride(1), x.stride(2), x.stride(3)};
}

zt_attention problem_of(const tensors& all) {
  zt_attention p{};
  const at::Tensor &q = all.q, &k = all.k, &v = all.v;
  p.outer = q.size(0), p.inner = q.size(1), p.heads = q.size(2), p.tokens = q.size(3), p.head_dim = q.size(4);
  p.keys = k.size(3);
  p.scale = all.scale;
  p.dtype = zt_dtype_of(q.scalar_type());
  p.q = data_of(q), p.k = data_of(k), p.v = data_of(v);
  p.q_strides = strides_of(q), p.k_strides = strides_of(k), p.v_strides = strides_of(v);
  p.q_rotation = {data_of(all.q_cosine), data_of(all.q_sine)};
  p.k_rotation = {data_of(all.k_cosine), data_of(all.k_sine)};
  p.relative_k = data_of(all.relative_k), p.relative_v = data_of(all.relative_v);
  if (!all.bias.defined()) return p;
  p.bias = data_of(all.bias);
  p.bias_strides = strides_of(all.bias);
  p.bias_key_stride = all.bias.stride(4);
  return p;
}

void run(void (*cpu)(const zt_attention&), const char* launcher, const zt_attention& problem,
         const at::Tensor& q) {
  if (served_by_launchers(q))
    launch_kernel(launcher, &problem, q);
  else
    cpu(problem);
}

/// One number a query, in f32 (f64 where the rest is).
at::Tensor one_a_query(const at::Tensor& q) {
  return at::empty({q.size(0), q.size(1), q.size(2), q.size(3)},
                   q.options().dtype(q.scalar_type() == at::kDouble ? at::kDouble : at::kFloat));
}

at::Tensor forward_kernel(const attention_kernel& kernel, const tensors& all, const at::Tensor& lse) {
  RECORD_FUNCTION("zoetrope::attention", c10::ArrayRef<const c10::IValue>({all.q, all.k, all.v}));
  at::Tensor y = at::empty_like(all.q);
  if (y.is_meta()) return y;
  zt_attention problem = problem_of(all);
  problem.y = y.mutable_data_ptr();
  problem.y_strides = strides_of(y);
  problem.lse = lse.defined() ? lse.mutable_data_ptr() : nullptr;
  run(kernel.forward_cpu, kernel.forward_launcher, problem, all.q);
  return y;
}

struct differentiable : torch::autograd::Function<differentiable> {
  /// `given` holds q, k and v, too; as arguments of their own autograd sees them.
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& q,
                            const at::Tensor& k, const at::Tensor& v, const tensors* given,
                            const attention_kernel* kernel) {
    tensors all = *given;
    all.q = q, all.k = k, all.v = v;
    const at::Tensor lse = one_a_query(q);
    at::Tensor y = forward_kernel(*kernel, all, lse);
    context->save_for_backward(
        {q, k, v, all.bias, all.q_cosine, all.q_sine, all.k_cosine, all.k_sine, y, lse});
    context->saved_data["scale"] = all.scale;
    context->saved_data["kernel"] = reinterpret_cast<int64_t>(kernel);
    return y;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const tensors all{saved[0],
                      saved[1],
                      saved[2],
                      saved[3],
                      saved[4],
                      saved[5],
                      saved[6],
                      saved[7],
                      {},
                      {},
                      context->saved_data["scale"].toDouble()};
    const auto& kernel = *reinterpret_cast<const attention_kernel*>(context->saved_data["kernel"].toInt());
    const at::Tensor y = saved[8], lse = saved[9], delta = at::empty_like(lse), dy = readable(gradients[0]);
    at::Tensor dq = at::empty_like(all.q), dk = at::empty_like(all.k), dv = at::empty_like(all.v);
    if (!dq.is_meta()) {
      zt_attention problem = problem_of(all);
      problem.y = y.mutable_data_ptr();
      problem.y_strides = strides_of(y);
      problem.lse = lse.mutable_data_ptr();
      problem.delta = delta.mutable_data_ptr();
      problem.dy = dy.const_data_ptr();
      problem.dy_strides = strides_of(dy);
      problem.dq = dq.mutable_data_ptr(), problem.dk = dk.mutable_data_ptr(),
      problem.dv = dv.mutable_data_ptr();
      problem.dq_strides = strides_of(dq), problem.dk_strides = strides_of(dk),
      problem.dv_strides = strides_of(dv);
      run(kernel.backward_cpu, kernel.backward_launcher, problem, all.q);
    }
    const at::Tensor none;
    return {dq, dk, dv, none, none};
  }
};

bool tables_want_gradients(const attention_input& input) {
  if (records_gradient({input.mask, input.relative_k, input.relative_v, input.q_rotation.cosine,
                        input.q_rotation.sine, input.k_rotation.cosine, input.k_rotation.sine}))
    return true;
  const bool relative = input.relative_k.defined() || input.relative_v.defined();
  return relative &&
         records_gradient({input.q, input.k, input.v});  // the kernels' backward knows no such tables
}

}  // namespace

std::string head_dim_problem(const char* name, int64_t head_dim) {
  if (head_dim % 8 != 0) return concat(name, ": head_dim ", head_dim, " is not a multiple of 8");
  if (head_dim > zt_attention_widest)
    return concat(name, ": head_dim ", head_dim, " is more than ", static_cast<int>(zt_attention_widest));
  return {};
}

void expect_served_head_dim(const config& options, const char* name, int64_t head_dim) {
  const std::string problem = head_dim_problem(name, head_dim);
  if (!problem.empty())
    throw options.fail(
        concat(problem, "; automatic, sdpa and dense take any, or give this place other `heads`"));
}

at::Tensor attend_by(const attention_kernel& kernel, const attention_input& given) {
  check_attention_shapes(given);
  const std::string problem = head_dim_problem(kernel.name, given.q.size(-1));
  ZT_CHECK(problem.empty(), runtime, problem);
  ZT_CHECK(given.v.size(-1) == given.q.size(-1), runtime, kernel.name, ": values of ", given.v.size(-1),
           " channels, but head_dim is ", given.q.size(-1));
  const at::ScalarType dtype = kernel_dtype(given.q);
  if (dtype == at::ScalarType::Undefined || given.k.numel() == 0 || tables_want_gradients(given))
    return make_dense_attention(config(), {})->forward(given);
  const bool one_table = is_one_table(given.q_rotation) && is_one_table(given.k_rotation);
  const attention_input input = one_table ? given : rotated(given);
  const tensors all = tensors_of(input, dtype);
  const at::Tensor y = records_gradient({all.q, all.k, all.v})
                           ? differentiable::apply(all.q, all.k, all.v, &all, &kernel)
                           : forward_kernel(kernel, all, {});
  return (input.q.dim() == 4 ? y.squeeze(0) : y).to(input.q.scalar_type());
}

}  // namespace zoetrope
