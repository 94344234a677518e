// One training step on several ranks: each takes its rows of the batch, gradients are summed while the
// backward pass runs (distributed/gradient_buckets.hpp), each rank steps the parameters that it owns and
// hands their values to the others (ZeRO, stage 1: Rajbhandari et al. 2020, arXiv 1910.02054). With one rank
// it is the step of one process, and where each rank passes its rows in one piece, the same to the bit as one
// process that passes the batch in as many pieces as there are ranks.
#pragma once

#include <optional>

#include "training/distributed/gradient_buckets.hpp"
#include "training/step_gradients.hpp"

namespace zoetrope {

class data_parallel {
 public:
  /// All ranks begin with rank 0's parameters.
  data_parallel(const training_task& task, communicator& ranks, int64_t bucket_bytes);

  /// The parameters that this rank owns; alone, all.
  const trained_parameters& owned() const { return owned_; }

  /// Loss and terms of the whole batch; the gradients of owned parameters are then the whole batch's.
  /// `micro_batches` are those of all ranks together. error{usage} for fewer rows than ranks.
  gradient_sum gradients(int64_t step, int64_t batch_size, int64_t micro_batches, double scale,
                         worker_pool& workers);
  /// squares_of_gradients() of all parameters, each from its owner.
  std::vector<double> squares() const;
  /// After the owners' steps.
  void share_values();

 private:
  void add_over_ranks(gradient_sum& sum) const;

  const training_task& task_;
  communicator& ranks_;
  trained_parameters owned_;
  std::vector<std::size_t> owned_places_;  // in the task's list
  std::optional<gradient_buckets> buckets_;
};

}  // namespace zoetrope
