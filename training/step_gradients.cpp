// See step_gradients.hpp.
#include "training/step_gradients.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

namespace zoetrope {

namespace {

struct micro_batch {
  batch_share share;
  std::vector<at::Tensor> gradients;
  double loss = 0;
  named_scalars terms;
};

void differentiate(const training_task& task, micro_batch& part, double scale) {
  std::vector<at::Tensor> parameters;
  for (const trained_parameter& each : task.parameters()) parameters.push_back(each.tensor);
  const share_loss result = task.loss(part.share);
  part.loss = result.loss.item<double>();
  part.terms = result.terms;
  const at::Tensor scaled = scale == 1.0 ? result.loss : result.loss * scale;
  part.gradients = torch::autograd::grad({scaled}, parameters, /*grad_outputs=*/{}, /*retain_graph=*/false,
                                         /*create_graph=*/false, /*allow_unused=*/true);
}

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

}  // namespace

gradient_sum accumulate_gradients(const training_task& task, const batch_share& share, int64_t micro_batches,
                                  double scale, worker_pool& workers) {
  const trained_parameters& parameters = task.parameters();
  for (const trained_parameter& each : parameters) each.tensor.mutable_grad() = at::Tensor();
  std::vector<micro_batch> pieces = cut(share, micro_batches);
  job_list started;
  gradient_sum sum;
  const std::size_t ahead = static_cast<std::size_t>(workers.size());
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    while (started.jobs.size() < std::min(i + ahead, pieces.size()))
      started.jobs.push_back(workers.run(
          [&task, scale, &piece = pieces[started.jobs.size()]] { differentiate(task, piece, scale); }));
    started.jobs[i].get();
    add_into(parameters, pieces[i]);
    pieces[i].gradients.clear();
    sum.loss += pieces[i].loss;
    for (const auto& [name, value] : pieces[i].terms) sum.terms[name] += value;
  }
  for (const trained_parameter& each : parameters)
    if (!each.tensor.grad().defined()) each.tensor.mutable_grad() = at::zeros_like(each.tensor);
  return sum;
}

}  // namespace zoetrope
