// The split of a step from sigma_from down to sigma_to into an ODE step to `down` and fresh noise of
// deviation `up` (Song et al. 2021, arXiv 2011.13456, appendix F, in sigma):
//   up^2 = to^2 (from^2 - to^2) / from^2,  down^2 = to^2 - up^2
#pragma once

#include <algorithm>

#include "schedulers/float32_math.hpp"

namespace zoetrope {

struct ancestral_step {
  float up, down;
};

inline ancestral_step ancestral(float from, float to) {
  // At most `to`: rounding must not make down^2 negative.
  const float up = std::min(to, torch_sqrt(to * to * (from * from - to * to) / (from * from)));
  return {up, torch_sqrt(to * to - up * up)};
}

}  // namespace zoetrope
