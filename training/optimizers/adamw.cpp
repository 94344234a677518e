// AdamW, all moments in f32: on the CPU one pass over memory (adamw_step), elsewhere adamw_tensors.
//   first, second   the moments, shaped as the parameter
#include <ATen/ATen.h>

#include "core/simd_math.h"
#include "core/tensor/parallel.hpp"
#include "training/optimizers/adamw_step.hpp"
#include "training/optimizers/adamw_tensors.hpp"
#include "training/optimizers/makers.hpp"

namespace zoetrope {
namespace {

class adamw : public optimizer {
 public:
  adamw(const adamw_options& options, trained_parameters parameters)
      : optimizer(std::move(parameters)), options_(options) {
    for (slot& each : slots_)
      for (const char* what : {"first", "second"})
        each.moments[what] = at::zeros_like(each.parameter.tensor.detach());
  }

 protected:
  void update(const std::vector<slot*>& ready, double learning_rate) override {
    adamw_tensors decaying, others;
    for (slot* each : ready) {
      if (each->parameter.tensor.is_cpu())
        update_on_cpu(*each, learning_rate);
      else
        (each->parameter.decays ? decaying : others)
            .add(each->parameter.tensor, each->moments.at("first"), each->moments.at("second"), each->steps);
    }
    decaying.update(options_, true, learning_rate);
    others.update(options_, false, learning_rate);
  }

 private:
  void update_on_cpu(slot& each, double learning_rate) const {
    const at::Tensor& parameter = each.parameter.tensor;
    const adamw_step step(options_, each.parameter.decays, learning_rate, each.steps);
    float *p = parameter.data_ptr<float>(), *m = each.moments.at("first").data_ptr<float>(),
          *v = each.moments.at("second").data_ptr<float>();
    const float* g = parameter.grad().const_data_ptr<float>();
    at::parallel_for(0, parameter.numel(), least_elements_a_thread,
                     [&](int64_t begin, int64_t end) { apply(step, p, g, m, v, begin, end); });
  }

  adamw_options options_;
};

}  // namespace

std::unique_ptr<optimizer> make_adamw(const config& options, trained_parameters parameters) {
  return std::make_unique<adamw>(read_adamw_options(options), std::move(parameters));
}

}  // namespace zoetrope
