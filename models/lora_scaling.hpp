// alpha / rank: by how much a LoRA file multiplies up · down. alpha is a tensor beside them (kohya), or an
// option in the file's header (diffusers) or in adapter_config.json beside the file (PEFT); without any it
// equals the rank.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/config.hpp"
#include "core/io/safetensors.hpp"
#include "models/lora_keys.hpp"

namespace zoetrope {

class lora_scaling {
 public:
  /// error{bad_input} for options that cannot be read or honoured.
  explicit lora_scaling(const safetensors_file& file);
  /// alpha / rank; alpha / sqrt(rank) with use_rslora (Kalajdzievski 2023).
  double factor(const lora_layer& layer, int64_t rank, std::optional<double> alpha) const;

 private:
  struct options {
    std::optional<double> alpha;
    /// Whether a layer's path matches, and the alpha of those that do; the first counts.
    std::vector<std::pair<std::function<bool(const std::string&)>, double>> patterns;
    bool by_root_of_rank = false;
  };
  void read(const std::string& text, const std::string& prefix, const std::string& source,
            const std::string& component);
  std::map<std::string, options> by_component_;
};

}  // namespace zoetrope
