// See lora.hpp. in: channels of the layer's input; out: of its output; k: a convolution's kernel.
#include "models/lora.hpp"

#include <ATen/ATen.h>

#include <cmath>
#include <optional>

#include "core/error.hpp"
#include "core/tensor/weights.hpp"
#include "models/layers.hpp"
#include "models/lora_scaling.hpp"
#include "models/weight_file_path.hpp"

namespace zoetrope {

struct lora_set::change {
  std::shared_ptr<const safetensors_file> file;
  const stored_tensor *down, *up;  // [rank, in(, k, k)], [out, rank(, 1, 1)]
  double scale;

  at::Tensor tensor(const stored_tensor& stored) const { return as_tensor(*file, stored); }
};

namespace {

constexpr const char* usual_names[] = {"pytorch_lora_weights.safetensors", "adapter_model.safetensors"};

// The tensors of one file for one layer.
struct layer_tensors {
  const stored_tensor *down = nullptr, *up = nullptr, *alpha = nullptr;

  const stored_tensor*& of(lora_tensor tensor) {
    return tensor == lora_tensor::down ? down : tensor == lora_tensor::up ? up : alpha;
  }
};

std::map<lora_layer, layer_tensors> sorted_by_layer(const safetensors_file& file,
                                                    const lora_layer_names& names) {
  std::map<lora_layer, layer_tensors> layers;
  std::vector<std::string> unknown;
  for (const stored_tensor& stored : file.tensors()) {
    const lora_key key = parse_lora_key(stored.name);
    const lora_layer* layer = names.find(key.layer);
    if (!layer) {
      unknown.push_back(stored.name);
      continue;
    }
    const stored_tensor*& place = layers[*layer].of(key.tensor);
    ZT_CHECK(!place, bad_input, "keys '", printable(place->name), "' and '", printable(stored.name),
             "' are for the same layer");
    place = &stored;
  }
  ZT_CHECK(unknown.empty(), bad_input, unknown.size(), " of ", file.tensors().size(),
           " keys name no layer of this model, the first is '", printable(unknown.front()), "'");
  ZT_CHECK(!layers.empty(), bad_input, "the file changes nothing: it has no tensors");
  return layers;
}

// Trailing extents of 1 do not count: a 1 x 1 convolution is a matrix.
std::vector<int64_t> without_trailing_ones(std::vector<int64_t> shape) {
  while (shape.size() > 2 && shape.back() == 1) shape.pop_back();
  return shape;
}

void expect_shape(const stored_tensor& stored, const std::vector<int64_t>& wanted, const lora_layer& layer) {
  ZT_CHECK(without_trailing_ones(stored.shape) == without_trailing_ones(wanted), bad_input, "key '",
           printable(stored.name), "': got [", joined_extents(stored.shape), "], wanted [",
           joined_extents(wanted), "] (", layer.component, ".", layer.path, ")");
  ZT_CHECK(at::isFloatingType(scalar_type_of(stored.type)), bad_input, "key '", printable(stored.name),
           "': got ", name_of(stored.type), ", wanted floating point");
}

// error unless both are there and fit the layer's weight; returns the rank.
int64_t checked_rank(const layer_tensors& tensors, const lora_layer& layer,
                     const std::vector<int64_t>& weight) {
  const stored_tensor* lone = tensors.down ? tensors.down : tensors.up ? tensors.up : tensors.alpha;
  ZT_CHECK(tensors.down && tensors.up, bad_input, "key '", printable(lone->name), "' has no ",
           tensors.down ? "up" : "down", " beside it");
  const int64_t rank = tensors.down->shape.empty() ? 0 : tensors.down->shape.front();
  ZT_CHECK(rank >= 1, bad_input, "key '", printable(tensors.down->name), "': got [",
           joined_extents(tensors.down->shape), "], wanted a rank of 1 or more");
  std::vector<int64_t> down = weight;
  down.front() = rank;
  expect_shape(*tensors.down, down, layer);
  expect_shape(*tensors.up, {weight.front(), rank}, layer);
  return rank;
}

std::optional<double> alpha_in(const safetensors_file& file, const stored_tensor* stored) {
  if (!stored) return {};
  const at::Tensor value = as_tensor(file, *stored);
  ZT_CHECK(value.numel() == 1, bad_input, "key '", printable(stored->name), "': got ", value.numel(),
           " numbers, wanted 1");
  const double alpha = value.to(at::kDouble).item<double>();
  ZT_CHECK(std::isfinite(alpha), bad_input, "key '", printable(stored->name), "': got ", alpha,
           ", wanted a finite number");
  return alpha;
}

const weighted_layer& layer_of(const module& part, const std::string& path) {
  return *dynamic_cast<const weighted_layer*>(part.find_child(path));
}

std::vector<int64_t> weight_shape(const module& layer) {
  for (const parameter_slot& slot : layer.slots())
    if (slot.name == "weight") return slot.shape;
  throw error(error_kind::runtime, concat("layer ", layer.path(), " has no weight"));
}

}  // namespace

lora_set::lora_set(const std::vector<lora_file>& files, const lora_parts& parts) {
  if (files.empty()) return;
  const lora_layer_names names(parts);
  for (const lora_file& given : files)
    in_context(concat("LoRA ", printable(given.file.string())), [&] { add_file(given, parts, names); });
}

void lora_set::add_file(const lora_file& given, const lora_parts& parts, const lora_layer_names& names) {
  ZT_CHECK(std::isfinite(given.scale), usage, "scale: got ", given.scale, ", wanted a finite number");
  const auto file = std::make_shared<const safetensors_file>(
      open_weight_file(given.file, {std::begin(usual_names), std::end(usual_names)}));
  const lora_scaling scaling(*file);
  for (const auto& [layer, tensors] : sorted_by_layer(*file, names)) {
    const module& target = layer_of(*parts.at(layer.component), layer.path);
    const int64_t rank = checked_rank(tensors, layer, weight_shape(target));
    const double factor = scaling.factor(layer, rank, alpha_in(*file, tensors.alpha));
    std::shared_ptr<layer_changes>& changes = by_component_[layer.component];
    if (!changes) changes = std::make_shared<layer_changes>();
    (*changes)[layer.path].push_back({file, tensors.down, tensors.up, given.scale * factor});
  }
  file->mapping()->check_unchanged();
}

std::size_t lora_set::layers_of(const std::string& component) const {
  const auto found = by_component_.find(component);
  return found == by_component_.end() ? 0 : found->second->size();
}

// W + Σ scale · up down, the kernel of a convolution flattened: [out, rank] x [rank, in k k].
at::Tensor lora_set::added(const std::vector<change>& changes, const at::Tensor& weight) {
  at::Tensor sum = weight;
  for (const change& one : changes) {
    one.file->mapping()->check_unchanged();
    const at::Tensor up = one.tensor(*one.up).to(at::kFloat), down = one.tensor(*one.down).to(at::kFloat);
    sum = at::add(sum, at::mm(up.flatten(1), down.flatten(1)).view(weight.sizes()), one.scale);
  }
  return sum;
}

void lora_set::merge_into(load_options& options, const std::string& component) const {
  const auto found = by_component_.find(component);
  if (found == by_component_.end()) return;
  const auto layer_of_weight = [changes = found->second](const std::string& slot) {
    const std::string end = ".weight";
    return slot.ends_with(end) ? changes->find(slot.substr(0, slot.size() - end.size())) : changes->end();
  };
  options.changes = [=, changes = found->second](const std::string& slot) {
    return layer_of_weight(slot) != changes->end();
  };
  options.change = [=](const std::string& slot, const at::Tensor& stored) {
    return added(layer_of_weight(slot)->second, stored);
  };
}

void lora_set::attach_to(module& part, const std::string& component, const load_options& options) const {
  const auto found = by_component_.find(component);
  if (found == by_component_.end()) return;
  for (const auto& [path, changes] : *found->second) {
    auto& layer = dynamic_cast<weighted_layer&>(*part.find_child(path));
    const bool convolution = dynamic_cast<conv2d*>(&layer) != nullptr;
    const std::vector<int64_t> shape = weight_shape(layer);
    for (const change& one : changes) {
      at::Tensor down = one.tensor(*one.down).flatten(1), up = one.tensor(*one.up).flatten(1);
      if (convolution) {
        down = down.unflatten(1, {shape[1], shape[2], shape[3]});
        up = up.unflatten(1, {-1, 1, 1});
      }
      const auto placed = [&](const at::Tensor& t) {
        return t.to(options.device, options.dtype, false, /*copy=*/true);
      };
      layer.adapters.push_back({placed(down), placed(up), one.scale});
    }
  }
}

}  // namespace zoetrope
