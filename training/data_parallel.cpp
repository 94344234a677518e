// See data_parallel.hpp.
#include "training/data_parallel.hpp"

#include <ATen/ATen.h>

#include "core/error.hpp"
#include "training/distributed/parameter_owners.hpp"
#include "training/gradient_clipping.hpp"

namespace zoetrope {
namespace {

std::vector<int> owners_of(const trained_parameters& parameters, int ranks) {
  std::vector<int64_t> elements;
  for (const trained_parameter& each : parameters) elements.push_back(each.tensor.numel());
  return parameter_owners(elements, ranks);
}

}  // namespace

data_parallel::data_parallel(const training_task& task, communicator& ranks, int64_t bucket_bytes)
    : task_(task), ranks_(ranks) {
  const trained_parameters& parameters = task.parameters();
  const std::vector<int> owners = owners_of(parameters, ranks.size());
  for (std::size_t i = 0; i < parameters.size(); ++i)
    if (owners[i] == ranks.rank()) {
      owned_.push_back(parameters[i]);
      owned_places_.push_back(i);
    }
  if (ranks.alone()) return;
  for (const trained_parameter& each : parameters) ranks.broadcast(each.tensor);
  buckets_.emplace(parameters, owners, ranks, bucket_bytes);
}

gradient_sum data_parallel::gradients(int64_t step, int64_t batch_size, int64_t micro_batches, double scale,
                                      worker_pool& workers) {
  const int64_t rank = ranks_.rank(), size = ranks_.size();
  if (batch_size < size)
    throw shared_error(error_kind::usage, concat("training: a batch of ", batch_size, " cannot be shared by ",
                                                 size, " ranks; give a batch_size of ", size, " or more"));
  const int64_t first = batch_size * rank / size, end = batch_size * (rank + 1) / size;
  const batch_share share{step, first, end - first, batch_size};
  const int64_t pieces = std::min((micro_batches + size - 1) / size, share.count);
  if (!buckets_) return accumulate_gradients(task_, share, pieces, scale, workers);
  buckets_->begin();
  gradient_sum sum = accumulate_gradients(task_, share, pieces, scale, workers,
                                          [&](std::size_t index) { buckets_->ready(index); });
  buckets_->finish();
  add_over_ranks(sum);
  return sum;
}

void data_parallel::add_over_ranks(gradient_sum& sum) const {
  std::vector<double> values{sum.loss};
  for (const auto& [name, value] : sum.terms) values.push_back(value);
  std::vector<double> total(values.size());
  for (const std::vector<double>& each : ranks_.gather(values))
    for (std::size_t i = 0; i < total.size(); ++i) total[i] += each[i];
  auto next = total.begin();
  sum.loss = *next++;
  for (auto& [name, value] : sum.terms) value = *next++;
}

std::vector<double> data_parallel::squares() const {
  const std::vector<double> own = squares_of_gradients(owned_);
  if (ranks_.alone()) return own;
  at::Tensor all = at::zeros({static_cast<int64_t>(task_.parameters().size())}, at::kDouble);
  for (std::size_t i = 0; i < own.size(); ++i) all.mutable_data_ptr<double>()[owned_places_[i]] = own[i];
  ranks_.all_reduce(all);  // zeros added to one value: nothing is rounded
  return {all.const_data_ptr<double>(), all.const_data_ptr<double>() + all.numel()};
}

void data_parallel::share_values() {
  if (buckets_) buckets_->share_values();
}

}  // namespace zoetrope
