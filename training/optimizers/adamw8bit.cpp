// AdamW whose moments lie in 8 bits between steps (Dettmers et al. 2022, arXiv 2110.02861): a block is
// dequantised, takes a step of AdamW in f32, and is quantised again. Tensors under 4096 elements, whose
// moments weigh nothing, keep them in f32, as bitsandbytes does by default.
//   first_codes, first_largest, second_codes, second_largest   quantised_moment; first, second where f32
#include <ATen/ATen.h>

#include "core/simd_math.h"
#include "core/tensor/parallel.hpp"
#include "training/optimizers/adamw_step.hpp"
#include "training/optimizers/adamw_tensors.hpp"
#include "training/optimizers/makers.hpp"
#include "training/optimizers/quantised_moment.hpp"

namespace zoetrope {
namespace {

constexpr int64_t least_quantised = 4096;

class adamw8bit : public optimizer {
 public:
  adamw8bit(const adamw_options& options, trained_parameters parameters)
      : optimizer(std::move(parameters)), options_(options) {
    for (slot& each : slots_) {
      const at::Tensor parameter = each.parameter.tensor.detach();
      for (const std::string what : {"first", "second"}) {
        if (parameter.numel() < least_quantised) {
          each.moments[what] = at::zeros_like(parameter);
          continue;
        }
        const auto moment = quantised_moment::zeros(map_of(what), parameter.numel(), parameter.device());
        each.moments[what + "_codes"] = moment.codes;
        each.moments[what + "_largest"] = moment.largest;
      }
    }
  }

 protected:
  void update(const std::vector<slot*>& ready, double learning_rate) override {
    for (slot* each : ready) {
      const adamw_step step(options_, each->parameter.decays, learning_rate, each->steps);
      if (!each->parameter.tensor.is_cpu())
        update_on_device(*each, learning_rate);
      else if (each->moments.count("first"))
        update_whole(*each, step);
      else
        update_blocks(*each, step);
    }
  }

 private:
  static const dynamic_map& map_of(const std::string& what) {
    return what == "first" ? signed_dynamic_map() : unsigned_dynamic_map();
  }
  static quantised_moment moment_of(const slot& each, const std::string& what) {
    return {&map_of(what), each.moments.at(what + "_codes"), each.moments.at(what + "_largest")};
  }

  static void update_whole(slot& each, const adamw_step& step) {
    const at::Tensor& parameter = each.parameter.tensor;
    apply(step, parameter.data_ptr<float>(), parameter.grad().const_data_ptr<float>(),
          each.moments.at("first").data_ptr<float>(), each.moments.at("second").data_ptr<float>(), 0,
          parameter.numel());
  }

  static void update_blocks(slot& each, const adamw_step& step) {
    const at::Tensor& parameter = each.parameter.tensor;
    const quantised_moment first = moment_of(each, "first"), second = moment_of(each, "second");
    float* p = parameter.data_ptr<float>();
    const float* g = parameter.grad().const_data_ptr<float>();
    const int64_t elements = parameter.numel(), blocks = first.codes.size(0);
    at::parallel_for(0, blocks, least_elements_a_thread / quantised_block, [&](int64_t begin, int64_t end) {
      float m[quantised_block], v[quantised_block];
      for (int64_t block = begin; block < end; ++block) {
        const int64_t offset = block * quantised_block, count = std::min(quantised_block, elements - offset);
        first.read_block(block, count, m);
        second.read_block(block, count, v);
        apply(step, p + offset, g + offset, m, v, 0, count);
        first.write_block(block, count, m);
        second.write_block(block, count, v);
      }
    });
  }

  /// One tensor at a time: its moments are whole only while it is updated.
  void update_on_device(slot& each, double learning_rate) const {
    const at::Tensor& parameter = each.parameter.tensor;
    const bool whole = each.moments.count("first");
    const auto read = [&](const std::string& what) {
      return whole ? each.moments.at(what)
                   : moment_of(each, what).read(parameter.numel()).view(parameter.sizes());
    };
    const at::Tensor first = read("first"), second = read("second");
    adamw_tensors tensors;
    tensors.add(parameter, first, second, each.steps);
    tensors.update(options_, each.parameter.decays, learning_rate);
    if (whole) return;
    moment_of(each, "first").write(first);
    moment_of(each, "second").write(second);
  }

  adamw_options options_;
};

}  // namespace

std::unique_ptr<optimizer> make_adamw8bit(const config& options, trained_parameters parameters) {
  return std::make_unique<adamw8bit>(read_adamw_options(options), std::move(parameters));
}

}  // namespace zoetrope
