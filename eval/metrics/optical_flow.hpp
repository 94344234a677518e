// Optical flow between frames of a clip by OpenCV, in pixels. A flow from frame a to frame b says where the
// content of a pixel of a is in b: b(x + flow(x)) = a(x).
//   dis        Kroeger et al. 2016, "Fast Optical Flow using Dense Inverse Search", preset medium
//   farneback  Farneback 2003, with the numbers that TecoGAN's tOF uses
#pragma once

#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "eval/metric.hpp"
#include "eval/metrics/warping.hpp"

namespace zoetrope {

enum class flow_method { dis, farneback };
/// The option "method" (default dis); error{bad_input} for another name.
flow_method read_flow_method(const config& options);

/// The shortest side of a frame that both methods take.
inline constexpr int least_flow_side = 16;

/// Which flows: from frame i to i + gap, for i = 0, gap, 2 gap, …; the other way round where `backward`.
struct flow_request {
  flow_method method = flow_method::dis;
  int gap = 1;
  bool backward = false;
  auto operator<=>(const flow_request&) const = default;
};

class flow_cache {
 public:
  /// Computed at the first call with this clip (told by its address) and request. Safe to call from several
  /// threads.
  const std::vector<flow_field>& of(const float_clip& clip, const flow_request& request, int threads);
  /// Flows that are known from elsewhere take the place of computed ones.
  void put(const float_clip& clip, const flow_request& request, std::vector<flow_field> flows);

 private:
  std::mutex mutex_;
  std::map<std::pair<const float_clip*, flow_request>, std::vector<flow_field>> known_;
};

/// Pixels at a shorter side of 256: what a shift of one pixel counts in a clip of this size.
double pixels_at_256(const float_clip& clip);

}  // namespace zoetrope
