// How far the training of a denoiser is, looked at from outside on a few held-out clips, always the same ones
// with the same noise:
//   validation/loss    the objective at three noise levels
//   gap/<attribute>    for clips of shapes: the loss under a caption with that attribute's word swapped, less
//                      the loss under the right one. 0 says that the word is ignored, which smooth samples hide.
//   obeys/<attribute>  the share of generated clips that do what their caption says, by the analytic judge
#pragma once

#include "training/diffusion_task.hpp"

namespace zoetrope {

/// The names of what evaluate_diffusion() may find.
std::vector<std::string> diffusion_measures(const dataset& trained_on, const dataset* held_out,
                                            const diffusion_evaluation_options& options);

/// `held_out` may be null. Logs some of the generated clips. error{usage} for options that the model cannot
/// run.
named_scalars evaluate_diffusion(const diffusion_task& task, const dataset& trained_on,
                                 const dataset* held_out, const diffusion_evaluation_options& options,
                                 int64_t step, train_log& log);

}  // namespace zoetrope
