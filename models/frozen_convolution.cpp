// See frozen_convolution.hpp.
#include "models/frozen_convolution.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "core/tensor/kernel_launch.hpp"

namespace zoetrope {

namespace {

struct differentiable : torch::autograd::Function<differentiable> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x,
                            const at::Tensor& weight, const std::optional<at::Tensor>& bias, int64_t stride,
                            int64_t padding) {
    context->save_for_backward({weight});
    context->saved_data["sizes"] = x.sizes().vec();
    context->saved_data["stride"] = stride;
    context->saved_data["padding"] = padding;
    return at::conv2d(x, weight, bias, stride, padding);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const at::Tensor weight = context->get_saved_variables()[0];
    const int64_t stride = context->saved_data["stride"].toInt(),
                  padding = context->saved_data["padding"].toInt();
    // Read by nobody: it tells the shape.
    const at::Tensor x = at::empty(context->saved_data["sizes"].toIntVector(), gradients[0].options(),
                                   at::MemoryFormat::ChannelsLast);
    const at::Tensor dx = std::get<0>(at::convolution_backward(
        gradients[0], x, weight, /*bias_sizes=*/std::nullopt, {stride, stride}, {padding, padding},
        /*dilation=*/{1, 1}, /*transposed=*/false, /*output_padding=*/{0, 0}, /*groups=*/1,
        {true, false, false}));
    const at::Tensor none;
    return {dx, none, none, none, none};
  }
};

}  // namespace

bool keeps_no_input(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  return !x.is_cpu() && records_gradient({x}) && !records_gradient({weight, bias});
}

at::Tensor frozen_convolution(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                              int64_t stride, int64_t padding) {
  return differentiable::apply(x, weight, bias.defined() ? std::optional(bias) : std::nullopt, stride,
                               padding);
}

}  // namespace zoetrope
