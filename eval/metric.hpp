// Metrics: what is measured of a clip. A metric is a part, chosen by name:
//
//   const named_metric flicker = make_metric(config(json{{"type", "temporal_flickering"}}));
//   const float_clip clip = to_float(frames);
//   const std::vector<metric_values> values = flicker.measure({.clip = clip});
//
// Metrics of one clip are in `metrics()`; those that compare two sets of clips in eval/set_metric.hpp.
// eval/metric_suite.hpp runs several on one clip. Free of torch; networks' metrics are added from outside
// (eval/network_metrics.hpp). docs/metrics.md has every formula.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "core/io/float_clip.hpp"
#include "core/registry.hpp"

namespace zoetrope {

/// Numbers of one frame, and those of frame `index` (h w c).
inline std::size_t frame_size(const float_clip& clip) {
  return std::size_t{3} * static_cast<std::size_t>(clip.width) * static_cast<std::size_t>(clip.height);
}
inline const float* frame_of(const float_clip& clip, int index) {
  return clip.pixels.data() + static_cast<std::size_t>(index) * frame_size(clip);
}
/// error{usage} as check_clip(); error{numerical} names the first frame that has a NaN or an infinity.
void check_finite(const float_clip& clip);

/// Flows of a clip, computed once for all metrics that ask (eval/metrics/optical_flow.hpp).
class flow_cache;
std::shared_ptr<flow_cache> make_flow_cache();

struct metric_input {
  const float_clip& clip;
  double fps = 8;
  const float_clip* reference = nullptr;  ///< the same size and number of frames; null: there is none
  std::string no_reference = "needs a reference video";  ///< why there is none
  std::string prompt = {};                               ///< empty: there is none
  uint64_t seed = 0;                                     ///< that the clip was made with
  int threads = 1;                                       ///< over frames; changes no result
  std::shared_ptr<flow_cache> flows = make_flow_cache();
};

enum class better { higher, lower, neither };
/// "higher", "lower", "neither"
std::string name_of(better direction);

/// One measured quantity of one clip.
struct metric_values {
  std::string name;
  std::string unit;
  better direction = better::neither;
  double per_video = 0;
  /// One entry a pair of neighbours, or a frame: docs/metrics.md says which. NaN where a pair has no value.
  std::vector<double> per_pair = {};
  std::map<std::string, std::vector<double>> curves = {};
};

/// What a metric speaks of. A frozen clip is perfectly consistent: consistency is never shown without motion
/// (eval/metric_suite.hpp).
enum class metric_role { consistency, motion, fidelity, adherence };
/// "consistency", …
std::string name_of(metric_role role);

struct metric_needs {
  int frames = 2;
  int side = 1;  ///< pixels of the shorter side
  bool reference = false;
  bool prompt = false;
};

struct metric {
  metric_role role = metric_role::consistency;
  metric_needs needs = {};
  /// Of a clip that has what the metric needs. Safe to call from several threads.
  std::function<std::vector<metric_values>(const metric_input& input)> measure = {};
  /// Set where the metric cannot be had at all: "needs dino.safetensors".
  std::string unavailable = {};
  /// What else keeps it from this input ("needs a prompt of the shapes' language"), or empty.
  std::function<std::string(const metric_input& input)> refuses = {};
};

/// Why the metric has no values for this input, one line that starts with "needs"; empty: it has.
std::string why_unavailable(const metric& measured, const metric_input& input);

/// What a maker may need beside its options.
struct metric_setup {
  std::filesystem::path weights = {};  ///< folder with the networks' weights; empty: none
  bool allow_torchscript = false;      ///< programs in that folder may be run
};

using metric_maker = metric (*)(const config& options, const metric_setup& setup);
/// Not constant, for networks' metrics are added by who has libtorch, and others by plug-ins.
registry<metric_maker>& metrics();

struct named_metric : metric {
  std::string name;  ///< as in the table
};
/// By `type` and that part's own keys. error{bad_input} for an unknown type, key or value.
named_metric make_metric(const config& options, const metric_setup& setup = {});

}  // namespace zoetrope
