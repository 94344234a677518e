// See frame_picking.hpp.
#include "core/io/frame_picking.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"

namespace zoetrope {

double estimated_frame_ms(const std::vector<double>& frame_ms) {
  const auto known = std::find_if(frame_ms.rbegin(), frame_ms.rend(), [](double ms) { return ms > 0; });
  if (known != frame_ms.rend()) return *known;
  return frame_ms.size() <= 16 ? 125 : 70;
}

std::vector<std::size_t> frames_around_midpoint(std::size_t frames, double frame_ms, std::size_t wanted,
                                                double target_duration_ms) {
  ZT_CHECK(wanted >= 1, usage, "no frame is asked for");
  ZT_CHECK(frames >= wanted, bad_input, "has ", frames, " frames, ", wanted, " are asked");
  const std::size_t gaps = wanted - 1;
  const auto miss = [&](std::size_t stride) {
    return std::fabs(static_cast<double>(gaps * stride) * frame_ms - target_duration_ms);
  };
  const auto offset = [&](std::size_t stride) { return (frames - 1 - gaps * stride) / 2; };

  std::size_t best = frames / wanted;
  for (std::size_t stride = best - 1; stride >= 1; --stride) {
    // The original gives up where the picks cannot be moved towards the middle, even if they would fit
    // better.
    if (offset(stride) == 0 || miss(stride) > miss(best)) break;
    best = stride;
  }
  std::vector<std::size_t> picked;
  for (std::size_t i = 0; i < wanted; ++i) picked.push_back(offset(best) + i * best);
  return picked;
}

}  // namespace zoetrope
