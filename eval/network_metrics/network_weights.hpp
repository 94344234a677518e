// What lies in the folder of metric_weights (a flag, or an experiment's key), and what is missing there.
#pragma once

#include <memory>
#include <string>

#include "eval/metric.hpp"
#include "models/pretrained.hpp"

namespace zoetrope {

/// "needs NAME in the folder that metric_weights names" where there is no such file; else empty.
std::string missing_file(const metric_setup& setup, const std::string& name);
/// The same of a model as transformers saves it: NAME/config.json, and weights beside it.
std::string missing_model(const metric_setup& setup, const std::string& name);

/// error{bad_input} lists all missing, unexpected and misshapen tensors with the shapes got and wanted, or
/// names the first one with a NaN or infinity, which would make every score one.
void fill_network(const module& network, std::vector<weight_file> files);

/// A network filled from the weights of `component`; errors as fill_network's.
template <class Network>
std::shared_ptr<const Network> load_network(const model_component& component, const config& options) {
  const auto network =
      in_context(component.folder.string(), [&] { return std::make_shared<Network>(options); });
  fill_network(*network, weight_files_of(*network, component));
  return network;
}

/// A half of a whole CLIP: of its config.json the part `half` ("vision_config"), with the width of the
/// projection.
config clip_half(const model_component& component, const std::string& half, const std::string& class_name);

}  // namespace zoetrope
