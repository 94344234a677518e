// See optimizer.hpp.
#include "training/optimizer.hpp"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <set>

#include "training/optimizers/makers.hpp"

namespace zoetrope {
namespace {

const at::Tensor& stored(const tensor_map& state, const std::string& name, const at::Tensor& like) {
  const auto found = state.find(name);
  ZT_CHECK(found != state.end(), bad_input, "optimizer state: ", name, " is missing");
  const at::Tensor& tensor = found->second;
  ZT_CHECK(tensor.sizes() == like.sizes() && tensor.scalar_type() == like.scalar_type(), bad_input,
           "optimizer state: ", name, " is ", tensor.scalar_type(), " ", tensor.sizes(), ", wanted ",
           like.scalar_type(), " ", like.sizes());
  return tensor;
}

}  // namespace

optimizer::optimizer(trained_parameters parameters) {
  std::set<std::string> names;
  for (trained_parameter& parameter : parameters) {
    const at::Tensor& tensor = parameter.tensor;
    ZT_CHECK(names.insert(parameter.name).second, usage, "optimizer: two parameters are named ",
             parameter.name);
    ZT_CHECK(tensor.scalar_type() == at::kFloat && tensor.is_contiguous(), usage,
             "optimizer: ", parameter.name, " is ", tensor.scalar_type(),
             ", wanted a contiguous Float (a master copy)");
    slots_.push_back({std::move(parameter), {}});
  }
}

void optimizer::step(double learning_rate) {
  const c10::NoGradGuard no_grad;
  std::vector<slot*> ready;
  for (slot& each : slots_) {
    at::Tensor& gradient = each.parameter.tensor.mutable_grad();
    if (!gradient.defined()) continue;
    gradient = gradient.to(at::kFloat).contiguous();
    ++each.steps;
    ready.push_back(&each);
  }
  update(ready, learning_rate);
  // Our loops write past autograd: a graph that still wants the old values must not be run backward.
  for (const slot* each : ready) each->parameter.tensor.unsafeGetTensorImpl()->bump_version();
}

tensor_map optimizer::state() const {
  tensor_map state;
  for (const slot& each : slots_) {
    state[each.parameter.name + "/step"] = at::scalar_tensor(each.steps, at::kLong);
    for (const auto& [what, moment] : each.moments) state[each.parameter.name + "/" + what] = moment;
  }
  return state;
}

void optimizer::load(const tensor_map& state) {
  for (const auto& [name, tensor] : this->state()) stored(state, name, tensor);
  for (slot& each : slots_) {
    each.steps = state.at(each.parameter.name + "/step").item<int64_t>();
    for (auto& [what, moment] : each.moments) moment.copy_(state.at(each.parameter.name + "/" + what));
  }
}

const registry<optimizer_maker>& optimizers() {
  static const registry<optimizer_maker> table(
      "optimizer", {{"adamw", make_adamw, "Adam with decoupled weight decay (Loshchilov and Hutter 2019)"},
                    {"adamw8bit", make_adamw8bit,
                     "the same, moments in 8 bits, quantised by blocks (Dettmers et al. 2022)"}});
  return table;
}

std::unique_ptr<optimizer> make_optimizer(const config& options, trained_parameters parameters) {
  return optimizers().chosen(options, "adamw")(options, std::move(parameters));
}

}  // namespace zoetrope
