// A plug-in with a metric: how much a clip's sharpness changes over time, standard deviation by mean over frames.
// Sharpness is the energy of the Laplacian (Subbarao, Choi and Nikzad 1993). docs/plugins.md tells how it is
// built and used.
#include <cmath>

#include "eval/metric.hpp"
#include "pipelines/plugin_abi.hpp"

namespace {

using namespace zoetrope;

float grey(const float* frame, int pixel) {
  const float* rgb = frame + 3 * pixel;
  return 0.299f * rgb[0] + 0.587f * rgb[1] + 0.114f * rgb[2];
}

// Mean square of the Laplacian with neighbours `step` pixels away, over the pixels that have all four.
double sharpness(const float_clip& clip, int index, int step) {
  const float* frame = frame_of(clip, index);
  const int below = step * clip.width;
  double sum = 0;
  for (int y = step; y < clip.height - step; ++y)
    for (int x = step; x < clip.width - step; ++x) {
      const int at = y * clip.width + x;
      const double laplacian = grey(frame, at - step) + grey(frame, at + step) + grey(frame, at - below) +
                               grey(frame, at + below) - 4 * grey(frame, at);
      sum += laplacian * laplacian;
    }
  return sum / (clip.height - 2 * step) / (clip.width - 2 * step);
}

std::vector<metric_values> drift(const std::vector<double>& sharp) {
  const double frames = static_cast<double>(sharp.size());
  double mean = 0, variance = 0;
  for (const double each : sharp) mean += each / frames;
  for (const double each : sharp) variance += (each - mean) * (each - mean) / frames;
  return {{.name = "sharpness_drift",
           .unit = "ratio",
           .direction = better::lower,
           .per_video = mean > 0 ? std::sqrt(variance) / mean : 0,
           .curves = {{"sharpness", sharp}}}};
}

// Options are read here, so that a wrong key is an error before anything is measured; a default stands once.
metric make_sharpness_drift(const config& options, const metric_setup&) {
  const int step = static_cast<int>(options.bounded("step", 1, 1, 64));
  const auto measure = [step](const metric_input& input) {
    std::vector<double> sharp;
    for (int frame = 0; frame < input.clip.frames; ++frame)
      sharp.push_back(sharpness(input.clip, frame, step));
    return drift(sharp);
  };
  return {.role = metric_role::consistency, .needs = {.side = 2 * step + 1}, .measure = measure};
}

}  // namespace

extern "C" const char* zoetrope_plugin_abi() { return zoetrope::plugin_abi; }
extern "C" void zoetrope_plugin() {
  zoetrope::metrics().add(
      {"sharpness_drift", make_sharpness_drift, "how much the sharpness changes over time"});
}
