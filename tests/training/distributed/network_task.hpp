// A small network on rows drawn from a seed: h = tanh(W x + b), y = v h + c, loss (y - t)^2, a mean over the
// batch; one parameter has no part. Its sums round, so that the order of adding shows.
#pragma once

#include <ATen/ATen.h>

#include "core/tensor/random.hpp"
#include "training/task.hpp"

namespace zoetrope {

class network_task : public training_task {
 public:
  network_task() {
    generator random = generator::for_purpose(1, "network");
    for (const auto& [name, shape] : std::vector<std::pair<std::string, std::vector<int64_t>>>{
             {"W", {24, 10}}, {"b", {24}}, {"v", {1, 24}}, {"c", {1}}, {"unused", {5}}})
      parameters_.push_back({name, (random.normal(shape) * 0.3).set_requires_grad(true)});
  }

  const trained_parameters& parameters() const override { return parameters_; }
  share_loss loss(const batch_share& share) const override {
    if (during_loss) during_loss(share.step);
    std::vector<at::Tensor> rows;
    for (int64_t row = share.first; row < share.first + share.count; ++row)
      rows.push_back(generator::for_purpose(2, concat("step ", share.step, ", row ", row)).normal({10}));
    const at::Tensor x = at::stack(rows), t = x.square().sum(1, true).sqrt();
    const auto at = [&](int i) { return parameters_[static_cast<std::size_t>(i)].tensor; };
    const at::Tensor y = at::linear(at::tanh(at::linear(x, at(0), at(1))), at(2), at(3));
    return {(y - t).square().sum() / static_cast<double>(share.batch),
            {{"rows", static_cast<double>(share.count)}}};
  }
  named_scalars evaluate(int64_t, train_log&) override {
    return {{"closeness", -std::abs(parameters_[3].tensor.item<double>() - 3)}};
  }
  void save(const std::filesystem::path&) override {}

  std::function<void(int64_t step)> during_loss = {};

 private:
  trained_parameters parameters_;
};

}  // namespace zoetrope
