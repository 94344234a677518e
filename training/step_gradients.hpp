// The gradient of one step: the batch is cut into micro-batches, which pass one after the other or, with
// workers, side by side; their gradients are added in the order of the micro-batches, so that the result does
// not depend on the workers.
#pragma once

#include <functional>

#include "training/task.hpp"
#include "training/worker_pool.hpp"

namespace zoetrope {

/// Told the number of a parameter whose .grad() is complete.
using gradient_ready = std::function<void(std::size_t index)>;

struct gradient_sum {
  double loss = 0;
  named_scalars terms;
};

/// Leaves d(scale · loss) / d(parameter) in each parameter's .grad(), f32; zeros where a parameter had no
/// part. `share` is this process's rows of the batch; micro-batches have equal sizes but for the last. With
/// `ready`, gradients are added to what stands in .grad(), and it is called once for each parameter, with one
/// worker while the last backward pass still runs.
gradient_sum accumulate_gradients(const training_task& task, const batch_share& share, int64_t micro_batches,
                                  double scale, worker_pool& workers, const gradient_ready& ready = {});

}  // namespace zoetrope
