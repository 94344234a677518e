// See frame_sampling.hpp.
#include "training/frame_sampling.hpp"

#include <algorithm>
#include <cmath>

namespace zoetrope {
namespace {

using window = std::vector<std::size_t>;
// Files tell times in whole ticks: what is a few hundredths of a frame late still is in time.
constexpr double slack = 0.05;

std::optional<double> positive(const config& options, const char* key, std::optional<double> fallback) {
  if (!options.has(key)) {
    options.get_optional<double>(key);  // described as none
    return fallback;
  }
  const double value = options.get<double>(key);
  if (!(value > 0 && value <= 1000)) throw options.at(key).fail("wanted more than 0 and at most 1000");
  return value;
}

window_choice read_window(const config& options, window_choice fallback) {
  static constexpr const char* names[] = {"middle", "first", "every"};
  const std::string name = options.get("window", names[static_cast<int>(fallback)]);
  for (int i = 0; i < 3; ++i)
    if (name == names[i]) return static_cast<window_choice>(i);
  throw options.at("window").fail(concat("is ", printable(name), ", wanted middle, first or every"));
}

// When each frame begins, in ms.
std::vector<double> begin_times(const std::vector<double>& frame_ms, const frame_sampling& sampling) {
  std::vector<double> begins;
  double now = 0;
  for (std::size_t i = 0; i < frame_ms.size(); ++i) {
    begins.push_back(now);
    const double lasts = sampling.source_fps ? 1000 / *sampling.source_fps : frame_ms[i];
    ZT_CHECK(lasts > 0 || i + 1 == frame_ms.size(), bad_input,
             "does not tell how long its frames last; give source_fps");
    now += lasts;
  }
  return begins;
}

std::size_t nearest(const std::vector<double>& begins, double time) {
  const auto after = std::lower_bound(begins.begin(), begins.end(), time);
  if (after == begins.begin()) return 0;
  const bool earlier = after == begins.end() || time - after[-1] <= *after - time;
  return static_cast<std::size_t>(after - begins.begin()) - (earlier ? 1 : 0);
}

// Where windows begin; all are distances: from the first frame to the last, of the clip and of a window.
std::vector<double> window_starts(double available, double span, double step, window_choice choice) {
  if (choice == window_choice::first) return {0};
  if (choice == window_choice::middle) return {std::max(0.0, (available - span) / 2)};
  std::vector<double> starts;
  for (int64_t i = 0; static_cast<double>(i) * (span + step) + span <= available + slack * step; ++i)
    starts.push_back(static_cast<double>(i) * (span + step));
  return starts;
}

std::string counted_frames(auto count) { return concat(count, count == 1 ? " frame" : " frames"); }

std::vector<window> by_stride(std::size_t first, std::size_t frames, const frame_sampling& sampling) {
  const std::size_t left = frames - first, stride = static_cast<std::size_t>(sampling.stride);
  const std::size_t wanted =
      sampling.frames ? static_cast<std::size_t>(*sampling.frames) : (left + stride - 1) / stride;
  const std::size_t span = (wanted - 1) * stride;
  ZT_CHECK(span < left, bad_input, "has ", counted_frames(left),
           first ? concat(" from its start at ", sampling.start, " s") : "", ", ", wanted,
           stride > 1 ? concat(" at a stride of ", stride) : "", " are asked");
  std::vector<window> windows;
  for (const double start : window_starts(static_cast<double>(left - 1), static_cast<double>(span),
                                          static_cast<double>(stride), sampling.window)) {
    window& picked = windows.emplace_back();
    for (std::size_t i = 0; i < wanted; ++i)
      picked.push_back(first + static_cast<std::size_t>(start) + i * stride);
  }
  return windows;
}

std::vector<window> by_rate(const std::vector<double>& begins, const frame_sampling& sampling) {
  const double step = 1000 * static_cast<double>(sampling.stride) / *sampling.fps;
  const double first = sampling.start * 1000, available = begins.back() - first;
  const int64_t fit = 1 + static_cast<int64_t>(std::floor(std::max(0.0, available) / step + slack));
  const int64_t wanted = sampling.frames.value_or(fit);
  ZT_CHECK(available >= 0 && wanted <= fit, bad_input, "lasts for ", counted_frames(available < 0 ? 0 : fit),
           " at ", *sampling.fps / static_cast<double>(sampling.stride), " a second, ", wanted, " are asked");
  const double span = static_cast<double>(wanted - 1) * step;
  std::vector<window> windows;
  for (const double start : window_starts(available, span, step, sampling.window)) {
    window& picked = windows.emplace_back();
    for (int64_t i = 0; i < wanted; ++i)
      picked.push_back(nearest(begins, first + start + static_cast<double>(i) * step));
    ZT_CHECK(std::adjacent_find(picked.begin(), picked.end()) == picked.end(), bad_input, "has fewer than ",
             *sampling.fps / static_cast<double>(sampling.stride),
             " frames a second: some would be shown twice");
  }
  return windows;
}

}  // namespace

frame_sampling read_frame_sampling(const config& options, frame_sampling defaults) {
  defaults.stride = options.bounded("stride", defaults.stride, 1, 4096);
  defaults.fps = positive(options, "fps", defaults.fps);
  defaults.source_fps = positive(options, "source_fps", defaults.source_fps);
  defaults.start = options.get("start", defaults.start);
  if (!(defaults.start >= 0 && defaults.start <= 1e6))
    throw options.at("start").fail("wanted seconds, 0 or more");
  defaults.window = read_window(options, defaults.window);
  return defaults;
}

std::vector<window> sampled_windows(const std::vector<double>& frame_ms, const frame_sampling& sampling) {
  ZT_CHECK(!frame_ms.empty(), bad_input, "has no frame");
  if (sampling.fps) return by_rate(begin_times(frame_ms, sampling), sampling);
  std::size_t first = 0;
  if (sampling.start > 0) {
    const std::vector<double> begins = begin_times(frame_ms, sampling);
    ZT_CHECK(sampling.start * 1000 <= begins.back(), bad_input, "ends before its start at ", sampling.start,
             " s");
    first = nearest(begins, sampling.start * 1000);
  }
  return by_stride(first, frame_ms.size(), sampling);
}

}  // namespace zoetrope
