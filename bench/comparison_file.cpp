// See comparison_file.hpp.
#include "bench/comparison_file.hpp"

#include <algorithm>
#include <ctime>

#include "core/tensor/machine.hpp"
#include "eval/median.hpp"

namespace zoetrope {
namespace {

constexpr std::int64_t schema_version = 1;

/// ISO 8601, UTC.
std::string date_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts;
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

hdf5_value as_attribute(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_integer()) return value.get<std::int64_t>();
  return value.dump();
}

}  // namespace

summary summarised(const comparison& compared) {
  summary result;
  for (const auto& [way, samples] : compared.ways) {
    const double time = median_of(samples.seconds);
    if (way == "ours") {
      result.ours = time;
    } else if (way == "copy") {
      result.copy = time;
    } else if (result.fastest.empty() || time < result.torch) {
      result.torch = time;
      result.fastest = way;
    }
  }
  return result;
}

void write_conditions(hdf5_writer& output, const run_conditions& conditions) {
  std::string command;
  for (int i = 0; i < conditions.argc; ++i) command.append(i ? " " : "").append(conditions.argv[i]);
  output.attribute("/", "schema_version", schema_version);
  output.attribute("/", "program", std::filesystem::path(conditions.argv[0]).filename().string());
  output.attribute("/", "command", command);
  output.attribute("/", "date", date_now());
  output.attribute("/", "clock", conditions.clock());
  output.attribute("/", "device", conditions.device);
  output.attribute("/", "dtype", conditions.dtype);
  output.attribute("/", "load_average", conditions.load_average);
  const json machine = to_json(this_machine());
  for (const auto& [name, value] : machine.items()) output.attribute("/", name, as_attribute(value));
}

void write_comparison(hdf5_writer& output, const comparison& compared) {
  std::string shape = compared.arguments;
  std::replace(shape.begin(), shape.end(), '/', 'x');
  const std::string place = "/" + compared.family + "/" + shape;
  for (const auto& [way, samples] : compared.ways) {
    output.dataset(place + "/" + way + "/seconds", samples.seconds);
    output.dataset(place + "/" + way + "/iterations", samples.iterations);
  }
  const summary s = summarised(compared);
  if (s.ours > 0 && s.torch > 0) {
    output.attribute(place, "torch_over_ours", s.torch / s.ours);
    output.attribute(place, "fastest_torch", s.fastest);
  }
  if (s.ours > 0 && s.copy > 0) output.attribute(place, "copy_over_ours", s.copy / s.ours);
}

}  // namespace zoetrope
