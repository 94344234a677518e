// See recomputed.hpp.
#include "models/recomputed.hpp"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/custom_class.h>

namespace zoetrope {

namespace {

// The layer and the inputs that get no gradient. Autograd keeps the others: every tensor that passes through
// it costs the host time twice.
struct held_layer : torch::CustomClassHolder {
  layer_function layer;
  std::vector<at::Tensor> inputs;
  std::vector<std::size_t> places;  // of the inputs that autograd keeps
};

struct second_pass : torch::autograd::Function<second_pass> {
  // `kept`: the inputs at held->places, then the weights.
  static at::Tensor forward(torch::autograd::AutogradContext* context,
                            const c10::intrusive_ptr<held_layer>& held, at::TensorList kept) {
    context->save_for_backward(kept.vec());
    context->saved_data["layer"] = c10::IValue::make_capsule(held);
    std::vector<at::Tensor> inputs = held->inputs;
    for (std::size_t i = 0; i < held->places.size(); ++i) inputs[held->places[i]] = kept[i];
    return held->layer(inputs);  // nothing is recorded here
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    std::vector<at::Tensor> kept = context->get_saved_variables();
    const auto held =
        c10::static_intrusive_pointer_cast<held_layer>(context->saved_data["layer"].toCapsule());
    std::vector<at::Tensor> inputs = held->inputs;
    for (std::size_t i = 0; i < held->places.size(); ++i)
      inputs[held->places[i]] = kept[i] = kept[i].detach().set_requires_grad(true);
    at::Tensor again;
    {
      const at::AutoGradMode records(true);
      again = held->layer(inputs);
    }
    torch::autograd::variable_list answers(1);  // of the layer
    // A layer need not use what it is handed: a text whose projection alone is trained.
    if (!again.requires_grad()) return torch::autograd::variable_list(kept.size() + 1);
    const auto found = torch::autograd::grad({again}, kept, {gradients[0]}, /*retain_graph=*/false,
                                             /*create_graph=*/false, /*allow_unused=*/true);
    answers.insert(answers.end(), found.begin(), found.end());
    return answers;
  }
};

}  // namespace

at::Tensor recomputed(const layer_function& layer, const std::vector<at::Tensor>& inputs,
                      const std::vector<at::Tensor>& weights) {
  if (!c10::GradMode::is_enabled()) return layer(inputs);
  auto held = c10::make_intrusive<held_layer>();
  held->layer = layer;
  held->inputs = inputs;
  std::vector<at::Tensor> kept;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (inputs[i].requires_grad()) {
      kept.push_back(inputs[i]);
      held->places.push_back(i);
      held->inputs[i] = at::Tensor();
    }
  for (const at::Tensor& each : weights)
    if (each.requires_grad()) kept.push_back(each);
  return kept.empty() ? layer(inputs) : second_pass::apply(held, at::TensorList(kept));
}

}  // namespace zoetrope
