// See step_gradients.hpp.
#include "training/step_gradients.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

namespace zoetrope {

namespace {

struct micro_batch {
  batch_share share;
  std::vector<at::Tensor> gradients;
  at::Tensor loss;
  named_scalars terms;
};

std::vector<at::Tensor> tensors_of(const trained_parameters& parameters) {
  std::vector<at::Tensor> tensors;
  for (const trained_parameter& each : parameters) tensors.push_back(each.tensor);
  return tensors;
}

at::Tensor scaled_loss(const training_task& task, micro_batch& part, double scale) {
  const share_loss result = task.loss(part.share);
  part.loss = result.loss.detach();
  part.terms = result.terms;
  return scale == 1.0 ? result.loss : result.loss * scale;
}

// Into the piece's own gradients.
void differentiate(const training_task& task, micro_batch& part, double scale) {
  part.gradients = torch::autograd::grad({scaled_loss(task, part, scale)}, tensors_of(task.parameters()),
                                         /*grad_outputs=*/{}, /*retain_graph=*/false,
                                         /*create_graph=*/false, /*allow_unused=*/true);
}

// Says once of each parameter that its gradient is complete.
class announcer {
 public:
  announcer(const trained_parameters& parameters, const gradient_ready& ready)
      : parameters_(parameters), ready_(ready), told_(parameters.size()) {}
  ~announcer() {
    for (const trained_parameter& each : parameters_)
      if (watching_) torch::autograd::impl::set_post_acc_grad_hooks(each.tensor, nullptr);
  }

  // From now on as autograd adds the last to it.
  void watch() {
    watching_ = static_cast<bool>(ready_);
    for (std::size_t i = 0; watching_ && i < parameters_.size(); ++i)
      torch::autograd::impl::set_post_acc_grad_hooks(parameters_[i].tensor, std::make_unique<hook>(*this, i));
  }
  // Of those that have not been told of: had no part, or were added by hand.
  void tell_rest() {
    for (std::size_t i = parameters_.size(); ready_ && i-- > 0;) tell(i);
  }

 private:
  struct hook : torch::autograd::PostAccumulateGradHook {
    hook(announcer& owner, std::size_t index) : owner(owner), index(index) {}
    void operator()(const at::Tensor&) override { owner.tell(index); }
    announcer& owner;
    std::size_t index;
  };

  void tell(std::size_t index) {
    if (told_[index]) return;
    told_[index] = true;
    ready_(index);
  }

  const trained_parameters& parameters_;
  const gradient_ready& ready_;
  std::vector<bool> told_;
  bool watching_ = false;
};

// Of the parameter's memory order, and nobody else's: two parameters may be handed the same tensor.
at::Tensor own_gradient(const at::Tensor& gradient, const at::Tensor& parameter) {
  const at::Tensor ordered = gradient.to(at::kFloat).contiguous(parameter.suggest_memory_format());
  return ordered.is_same(gradient) && gradient.use_count() > 2 ? gradient.clone() : ordered;
}

void add_into(const trained_parameters& parameters, const micro_batch& part) {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const at::Tensor& more = part.gradients[i];
    at::Tensor& sum = parameters[i].tensor.mutable_grad();
    if (more.defined()) sum = sum.defined() ? sum.add_(more) : own_gradient(more, parameters[i].tensor);
  }
}

std::vector<micro_batch> cut(const batch_share& share, int64_t parts) {
  std::vector<micro_batch> pieces;
  const int64_t rows = (share.count + parts - 1) / parts;
  for (int64_t done = 0; done < share.count; done += rows)
    pieces.push_back({{share.step, share.first + done, std::min(rows, share.count - done), share.batch}, {}});
  return pieces;
}

// Jobs that use the pieces have ended before the pieces are gone.
struct job_list {
  std::vector<std::future<void>> jobs;
  ~job_list() {
    for (const std::future<void>& job : jobs)
      if (job.valid()) job.wait();
  }
};

// Waits for a GPU: only where all that it has to do has been handed to it.
void add_result(gradient_sum& sum, const micro_batch& part) {
  sum.loss += part.loss.item<double>();
  for (const auto& [name, value] : part.terms) sum.terms[name] += value;
}

// Autograd adds each piece's gradients where they belong.
gradient_sum one_after_the_other(const training_task& task, std::vector<micro_batch>& pieces, double scale,
                                 announcer& announce) {
  gradient_sum sum;
  const std::vector<at::Tensor> parameters = tensors_of(task.parameters());
  for (micro_batch& piece : pieces) {
    const at::Tensor loss = scaled_loss(task, piece, scale);
    if (&piece == &pieces.back()) announce.watch();
    torch::autograd::backward({loss}, {}, /*retain_graph=*/false, /*create_graph=*/false, parameters);
  }
  for (const micro_batch& piece : pieces) add_result(sum, piece);
  return sum;
}

gradient_sum side_by_side(const training_task& task, std::vector<micro_batch>& pieces, double scale,
                          worker_pool& workers) {
  job_list started;
  gradient_sum sum;
  const std::size_t ahead = static_cast<std::size_t>(workers.size());
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    while (started.jobs.size() < std::min(i + ahead, pieces.size()))
      started.jobs.push_back(workers.run(
          [&task, scale, &piece = pieces[started.jobs.size()]] { differentiate(task, piece, scale); }));
    started.jobs[i].get();
    add_into(task.parameters(), pieces[i]);
    pieces[i].gradients.clear();
    add_result(sum, pieces[i]);
  }
  return sum;
}

}  // namespace

gradient_sum accumulate_gradients(const training_task& task, const batch_share& share, int64_t micro_batches,
                                  double scale, worker_pool& workers, const gradient_ready& ready) {
  const trained_parameters& parameters = task.parameters();
  if (!ready)
    for (const trained_parameter& each : parameters) each.tensor.mutable_grad() = at::Tensor();
  std::vector<micro_batch> pieces = cut(share, micro_batches);
  announcer announce(parameters, ready);
  const gradient_sum sum = workers.size() == 1 ? one_after_the_other(task, pieces, scale, announce)
                                               : side_by_side(task, pieces, scale, workers);
  for (const trained_parameter& each : parameters)
    if (!each.tensor.grad().defined()) each.tensor.mutable_grad() = at::zeros_like(each.tensor);
  announce.tell_rest();
  return sum;
}

}  // namespace zoetrope
