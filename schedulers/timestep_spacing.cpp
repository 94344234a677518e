// See timestep_spacing.hpp. The arithmetic is numpy's, so that ties round alike.
#include "schedulers/timestep_spacing.hpp"

#include <algorithm>
#include <cmath>

#include "schedulers/choice.hpp"

namespace zoetrope {

const registry<timestep_spacing>& timestep_spacings() {
  static const registry<timestep_spacing> table(
      "timestep_spacing",
      {{"linspace", timestep_spacing::linspace,
        "even steps from the noisiest to the cleanest, both included"},
       {"leading", timestep_spacing::leading, "whole steps up from the cleanest, the noisiest left out"},
       {"trailing", timestep_spacing::trailing,
        "whole steps down from the noisiest, the cleanest left out"}});
  return table;
}

spacing_options read_spacing(const config& options, const char* fallback) {
  const std::string name = read_choice(options, "timestep_spacing", fallback, timestep_spacings().names());
  const auto offset = options.get<int64_t>("steps_offset", 0);
  if (offset < -1'000'000 || offset > 1'000'000)
    throw options.fail(concat("steps_offset ", offset, " is out of range"));
  return {timestep_spacings().find(name), offset};
}

std::vector<double> linspace(double start, double stop, int64_t count) {
  std::vector<double> values(count, start);
  const double step = count > 1 ? (stop - start) / static_cast<double>(count - 1) : 0.0;
  for (int64_t i = 1; i < count; ++i) values[i] = start + static_cast<double>(i) * step;
  if (count > 1) values.back() = stop;
  return values;
}

std::vector<double> rounded(std::vector<double> values) {
  for (double& value : values) value = std::nearbyint(value);
  return values;
}

namespace {

std::vector<double> reversed(std::vector<double> values) {
  std::reverse(values.begin(), values.end());
  return values;
}

// round(last, last - ratio, last - 2 ratio, … > 0) - 1. The small number keeps a quotient that rounding puts
// just above a whole number (61 steps of 1000, for one) from adding a timestep -1, as numpy.arange does.
std::vector<double> trailing(int64_t steps, int64_t num_train, int64_t last) {
  const double ratio = static_cast<double>(num_train) / static_cast<double>(steps);
  const auto start = static_cast<double>(last);
  const double delta = (start - ratio) - start;
  std::vector<double> values(static_cast<std::size_t>(std::ceil(start / ratio - 1e-9)));
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = std::nearbyint(start + static_cast<double>(i) * delta) - 1.0;
  return values;
}

std::vector<double> leading(int64_t count, int64_t ratio, int64_t offset) {
  std::vector<double> values(count);
  for (int64_t i = 0; i < count; ++i) values[i] = static_cast<double>((count - 1 - i) * ratio + offset);
  return values;
}

}  // namespace

std::vector<double> spaced_timesteps(const spacing_options& options, int64_t steps, int64_t num_train) {
  switch (options.spacing) {
    case timestep_spacing::linspace:
      return reversed(linspace(0.0, static_cast<double>(num_train - 1), steps));
    case timestep_spacing::leading:
      return leading(steps, num_train / steps, options.offset);
    default:
      return trailing(steps, num_train, num_train);
  }
}

std::vector<double> spaced_timesteps_before_end(const spacing_options& options, int64_t steps,
                                                int64_t num_train, int64_t last) {
  if (options.spacing == timestep_spacing::trailing) return trailing(steps, num_train, last);
  std::vector<double> values =
      options.spacing == timestep_spacing::linspace
          ? rounded(reversed(linspace(0.0, static_cast<double>(last - 1), steps + 1)))
          : leading(steps + 1, last / (steps + 1), options.offset);
  values.pop_back();
  return values;
}

}  // namespace zoetrope
