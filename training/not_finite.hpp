// Where a NaN or infinity in a loss comes from: what a training that stops for one says besides its step.
#pragma once

#include <string>

#include "training/task.hpp"

namespace zoetrope {

/// "unet.conv_in.weight holds a NaN or infinity", of the first such parameter or buffer of a part that is
/// called `name`; empty where all are finite.
std::string weight_not_finite(const std::string& name, const module& part);

/// Of a batch whose loss is not finite: the first parameter or weight that is not; else the first layer whose
/// output is not, found by computing the batch again, clip by clip. The same on every rank. Sets and clears the taps of the task's parts.
std::string reason_for_loss(const training_task& task, int64_t step, int64_t batch);

}  // namespace zoetrope
