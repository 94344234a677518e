// What lies in the folder of --metric-weights, and what is missing there.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "eval/metric.hpp"
#include "models/pretrained.hpp"

namespace zoetrope {

/// "needs NAME in the folder that --metric-weights names" where there is no such file; else empty.
std::string missing_file(const metric_setup& setup, const std::string& name);
/// The same of a model as transformers saves it: NAME/config.json, and weights beside it.
std::string missing_model(const metric_setup& setup, const std::string& name);

/// A network filled from the weights of `component`. error{bad_input} lists all missing, unexpected and
/// misshapen tensors with the shapes got and wanted.
template <class Network>
std::shared_ptr<const Network> load_network(const model_component& component, const config& options) {
  return in_context(component.folder.string(), [&] {
    auto network = std::make_shared<Network>(options);
    weight_source(*network, weight_files_of(*network, component), {}).fill();
    return network;
  });
}

/// A half of a whole CLIP: of its config.json the part `half` ("vision_config"), with the width of the
/// projection.
config clip_half(const model_component& component, const std::string& half, const std::string& class_name);

}  // namespace zoetrope
