// See lora_writer.hpp.
#include "models/lora_writer.hpp"

#include <ATen/ATen.h>

#include "core/io/atomic_file.hpp"
#include "core/io/atomic_folder.hpp"
#include "core/tensor/weights.hpp"

namespace zoetrope {

namespace {

namespace fs = std::filesystem;

tensor_map tensors_of(lora_layout layout, const lora_weights& weights) {
  tensor_map tensors;
  const auto put = [&](const lora_layer& layer, lora_tensor which, const at::Tensor& tensor) {
    tensors.emplace(lora_key_of(layout, layer, which), tensor);
  };
  const double factor = weights.alpha / static_cast<double>(weights.rank);
  for (const lora_layer_weights& each : weights.layers) {
    put(each.layer, lora_tensor::down, each.down);
    put(each.layer, lora_tensor::up, layout == lora_layout::animatediff ? each.up * factor : each.up);
    if (layout == lora_layout::kohya)
      put(each.layer, lora_tensor::alpha, at::scalar_tensor(weights.alpha, at::kFloat));
  }
  return tensors;
}

// Without the prefix that transformers 5 leaves out: PEFT compares ends of names.
std::string target_of(const lora_layer& layer) {
  const std::string_view head = "text_model.";
  return layer.path.starts_with(head) ? layer.path.substr(head.size()) : layer.path;
}

// The fields of PEFT's LoraConfig, each behind `prefix`, for the layers of one component.
json peft_config(const lora_weights& weights, const std::string& component, const std::string& prefix) {
  json targets = json::array();
  for (const lora_layer_weights& each : weights.layers)
    if (each.layer.component == component) targets.push_back(target_of(each.layer));
  return {{prefix + "r", weights.rank},
          {prefix + "lora_alpha", weights.alpha},
          {prefix + "target_modules", targets}};
}

json adapter_metadata(const lora_weights& weights) {
  json all = json::object();
  for (const lora_layer_weights& each : weights.layers)
    if (!all.contains(each.layer.component + ".r"))
      all.update(peft_config(weights, each.layer.component, each.layer.component + "."));
  return all;
}

void write_peft_config(const fs::path& folder, const lora_weights& weights) {
  json options = peft_config(weights, "unet", "");
  options["peft_type"] = "LORA";
  write_text_file(folder / "adapter_config.json", options.dump(2) + "\n");
}

}  // namespace

void write_lora(const fs::path& folder, lora_layout layout, const lora_weights& weights) {
  const tensor_map tensors = tensors_of(layout, weights);
  make_folder(folder);
  std::map<std::string, std::string> header{{"format", "pt"}};
  if (layout == lora_layout::diffusers) header["lora_adapter_metadata"] = adapter_metadata(weights).dump();
  const bool peft = layout == lora_layout::peft;
  save_tensors(folder / (peft ? "adapter_model.safetensors" : "pytorch_lora_weights.safetensors"), tensors,
               header);
  if (peft) write_peft_config(folder, weights);
}

}  // namespace zoetrope
