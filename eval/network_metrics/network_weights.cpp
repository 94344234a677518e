// See network_weights.hpp.
#include "eval/network_metrics/network_weights.hpp"

namespace zoetrope {

std::string missing_file(const metric_setup& setup, const std::string& name) {
  if (!setup.weights.empty() && std::filesystem::is_regular_file(setup.weights / name)) return "";
  return concat("needs ", name, " in the folder that metric_weights names");
}

std::string missing_model(const metric_setup& setup, const std::string& name) {
  std::string missing = missing_file(setup, name + "/config.json");
  if (!missing.empty() || model_component::open(setup.weights / name).has_weights()) return missing;
  return concat("needs ", name, "/model.safetensors in the folder that metric_weights names");
}

void fill_network(const module& network, std::vector<weight_file> files) try {
  weight_source(network, std::move(files), {.check_finite = true}).fill();
} catch (const error& failure) {
  throw error(failure.kind() == error_kind::numerical ? error_kind::bad_input : failure.kind(),
              failure.what());
}

config clip_half(const model_component& component, const std::string& half, const std::string& class_name) {
  const config whole = component.read_config();
  json options = whole.at(half).value();
  options["projection_dim"] = whole.get<int64_t>("projection_dim", 512);
  options["architectures"] = {class_name};
  return config(options, concat(whole.source(), ": ", half));
}

}  // namespace zoetrope
