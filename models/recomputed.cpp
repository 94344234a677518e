// See recomputed.hpp.
#include "models/recomputed.hpp"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/custom_class.h>

namespace zoetrope {

namespace {

struct held_layer : torch::CustomClassHolder {
  explicit held_layer(layer_function layer) : layer(std::move(layer)) {}
  layer_function layer;
};

struct second_pass : torch::autograd::Function<second_pass> {
  // All tensors in one list: the inputs, then the weights.
  static at::Tensor forward(torch::autograd::AutogradContext* context, const layer_function& layer,
                            int64_t inputs, at::TensorList all) {
    context->save_for_backward(all.vec());
    context->saved_data["inputs"] = inputs;
    context->saved_data["layer"] = c10::IValue::make_capsule(c10::make_intrusive<held_layer>(layer));
    return layer(all.slice(0, inputs).vec());  // nothing is recorded here
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    std::vector<at::Tensor> all = context->get_saved_variables();
    const auto count = static_cast<std::size_t>(context->saved_data["inputs"].toInt());
    for (std::size_t i = 0; i < count; ++i)
      all[i] = all[i].detach().set_requires_grad(all[i].requires_grad());
    const auto held =
        c10::static_intrusive_pointer_cast<held_layer>(context->saved_data["layer"].toCapsule());
    at::Tensor again;
    {
      const at::AutoGradMode records(true);
      again = held->layer({all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count)});
    }
    std::vector<at::Tensor> wanted;
    for (const at::Tensor& each : all)
      if (each.requires_grad()) wanted.push_back(each);
    // A layer need not use what it is handed: a text whose projection alone is trained.
    if (!again.requires_grad()) return torch::autograd::variable_list(all.size() + 2);
    const auto found = torch::autograd::grad({again}, wanted, {gradients[0]}, /*retain_graph=*/false,
                                             /*create_graph=*/false, /*allow_unused=*/true);
    torch::autograd::variable_list answers(2);  // of the layer and the count
    auto next = found.begin();
    for (const at::Tensor& each : all) answers.push_back(each.requires_grad() ? *next++ : at::Tensor());
    return answers;
  }
};

}  // namespace

at::Tensor recomputed(const layer_function& layer, const std::vector<at::Tensor>& inputs,
                      const std::vector<at::Tensor>& weights) {
  if (!c10::GradMode::is_enabled()) return layer(inputs);
  std::vector<at::Tensor> all = inputs;
  all.insert(all.end(), weights.begin(), weights.end());
  return second_pass::apply(layer, static_cast<int64_t>(inputs.size()), at::TensorList(all));
}

}  // namespace zoetrope
