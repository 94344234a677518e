// How configs call what a network predicts.
#pragma once

#include <string>
#include <vector>

#include "core/registry.hpp"
#include "schedulers/prediction.hpp"

namespace zoetrope {

/// "epsilon", "sample", "v_prediction", "flow_prediction".
const registry<prediction>& predictions();
std::string name_of(prediction kind);
/// The one that is named at `key`; error{bad_input} for one that is not in `known`.
prediction read_prediction(const config& options, const char* key, const std::string& fallback,
                           const std::vector<prediction>& known);

}  // namespace zoetrope
