// A training that can be followed by hand: one weight w and a bias b, rows (x, y) = (r + 1, 3 r) of row
// number r at every step, loss (w x + b - y)^2, a mean over the batch.
#pragma once

#include <ATen/ATen.h>

#include <fstream>

#include "training/task.hpp"

namespace zoetrope {

class toy_task : public training_task {
 public:
  toy_task() {
    for (const char* name : {"w", "b", "unused"})
      parameters_.push_back({name, at::full({1}, 0.5).set_requires_grad(true)});
  }

  const trained_parameters& parameters() const override { return parameters_; }
  share_loss loss(const batch_share& share) const override {
    if (share.step == nan_at) return {parameters_[0].tensor.sum() * std::nan(""), {}};
    const at::Tensor rows = at::arange(share.first, share.first + share.count).to(at::kFloat);
    const at::Tensor error = parameters_[0].tensor * (rows + 1) + parameters_[1].tensor - 3 * rows;
    at::Tensor sum = error.square().sum();
    if (share.step >= bad_gradient_from)  // 0, but its derivative is infinite
      sum = sum + (parameters_[0].tensor - parameters_[0].tensor.detach()).sqrt().sum();
    return {sum / static_cast<double>(share.batch), {{"rows", static_cast<double>(share.count)}}};
  }
  std::vector<std::string> measures() const override { return {"closeness"}; }
  named_scalars evaluate(int64_t step, train_log&) override {
    looks.push_back(step);
    if (during_look) during_look();
    on_piece();
    return {{"closeness", -std::abs(parameters_[0].tensor.item<double>() - 3)}};
  }
  void save(const std::filesystem::path& folder) override {
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "w.txt") << parameters_[0].tensor.item<float>();
  }

  at::Tensor w() const { return parameters_[0].tensor.detach(); }
  int64_t nan_at = -1, bad_gradient_from = int64_t{1} << 40;
  std::vector<int64_t> looks;         // the steps after which it was looked at
  std::function<void()> during_look;  // before its last piece

 private:
  trained_parameters parameters_;
};

}  // namespace zoetrope
