// Which training timesteps a sampler visits (Lin et al. 2023, arXiv 2305.08891, table 2). All lists descend.
#pragma once

#include <cstdint>
#include <vector>

#include "core/registry.hpp"

namespace zoetrope {

enum class timestep_spacing { linspace, leading, trailing };
const registry<timestep_spacing>& timestep_spacings();

/// timestep_spacing, and steps_offset, which is added to `leading` timesteps.
struct spacing_options {
  timestep_spacing spacing;
  int64_t offset;
};
spacing_options read_spacing(const config& options, const char* fallback);

/// `steps` timesteps of [0, num_train - 1]; linspace has both ends and is not rounded.
std::vector<double> spaced_timesteps(const spacing_options& options, int64_t steps, int64_t num_train);
/// The same for solvers that hold one level more than they visit: linspace and leading are laid out for steps
/// + 1 and lose their last, all are rounded. Levels from `last` on are left out (num_train: none is).
std::vector<double> spaced_timesteps_before_end(const spacing_options& options, int64_t steps,
                                                int64_t num_train, int64_t last);

/// `count` values from `start` to `stop`, both included (one: `start`).
std::vector<double> linspace(double start, double stop, int64_t count);
/// Every value rounded half to even.
std::vector<double> rounded(std::vector<double> values);

}  // namespace zoetrope
