// See low_rank.hpp. k: a convolution's kernel.
#include "training/low_rank.hpp"

#include <ATen/ATen.h>

#include <cmath>

#include "core/error.hpp"
#include "core/names.hpp"
#include "core/tensor/random.hpp"
#include "models/lora_writer.hpp"
#include "training/cast_together.hpp"
#include "training/name_patterns.hpp"

namespace zoetrope {

namespace {

const std::vector<std::string> motion_targets = {"unet.*temporal*.to_q", "unet.*temporal*.to_k",
                                                 "unet.*temporal*.to_v", "unet.*temporal*.to_out.0"};
const std::vector<std::string> text_targets = {"text_encoder*.q_proj", "text_encoder*.k_proj",
                                               "text_encoder*.v_proj", "text_encoder*.out_proj"};

// Weights of layers that can have an adapter, with the layers.
std::vector<std::pair<parameter_slot, weighted_layer*>> weighted_layers(module& part) {
  const std::string end = ".weight";
  std::vector<std::pair<parameter_slot, weighted_layer*>> found;
  for (const parameter_slot& slot : part.slots())
    if (slot.name.ends_with(end))
      if (auto* layer = dynamic_cast<weighted_layer*>(
              part.find_child(slot.name.substr(0, slot.name.size() - end.size()))))
        found.emplace_back(slot, layer);
  return found;
}

}  // namespace

low_rank_options read_low_rank_options(const config& options, uint64_t seed) {
  low_rank_options read{.seed = seed};
  read.rank = options.bounded("rank", read.rank, 1, 1 << 16);
  read.alpha = options.get("alpha", static_cast<double>(read.rank));
  if (!(read.alpha > 0 && std::isfinite(read.alpha)))
    throw options.at("alpha").fail("wanted a number above 0");
  const bool motion = options.get("motion", false);
  if (motion && options.has("targets")) throw options.at("targets").fail("motion says which already");
  if (!motion) read.targets = options.get("targets", read.targets);
  if (motion) read.targets = motion_targets;
  if (options.get("text_encoders", false))
    read.targets.insert(read.targets.end(), text_targets.begin(), text_targets.end());
  const std::string layout = options.get("layout", "diffusers");
  read.layout = in_context(concat(options.source(), ": ", options.path(), ".layout"),
                           [&] { return lora_layouts().find(layout); });
  return read;
}

low_rank::low_rank(const std::vector<trainable_part>& parts, const low_rank_options& options,
                   at::ScalarType compute_dtype, at::Device device)
    : options_(options), compute_dtype_(compute_dtype) {
  const name_patterns targets(options.targets);
  std::vector<std::string> names;
  for (const trainable_part& each : parts) {
    each.part->to(device, compute_dtype);
    for (const auto& [slot, layer] : weighted_layers(*each.part)) {
      names.push_back(each.name + "." + layer->path());
      if (targets.match(names.back())) adapt({each.name, layer->path()}, *layer, slot.shape);
    }
  }
  const std::vector<std::string> idle = targets.idle(names);
  ZT_CHECK(idle.empty(), usage, "lora: no layer is called ", joined(idle), "; there are ", names.size(),
           ", as ", names.empty() ? "none" : names.front());
  ZT_CHECK(!layers_.empty(), usage, "lora: no layer is left to adapt");
  refresh();
}

void low_rank::adapt(const lora_layer& name, weighted_layer& layer,
                     const std::vector<int64_t>& weight_shape) {
  const bool convolution = dynamic_cast<conv2d*>(&layer) != nullptr;
  std::vector<int64_t> down = weight_shape, up = {weight_shape[0], options_.rank};
  down[0] = options_.rank;
  if (convolution)
    up.insert(up.end(), {1, 1});
  else
    down.resize(2);  // of a 1 x 1 convolution that is computed as a matrix
  const int64_t fan_in = c10::multiply_integers(weight_shape) / weight_shape[0];
  const int64_t most = std::min(fan_in, weight_shape[0]);
  ZT_CHECK(options_.rank <= most, usage, "lora: rank ", options_.rank, " of ", name.component, ".", name.path,
           ", a matrix of ", weight_shape[0], " x ", fan_in, "; wanted at most ", most);
  lora_key_of(options_.layout, name, lora_tensor::down);  // the layout has a name for it

  const auto key = [&](lora_tensor tensor) { return lora_key_of(lora_layout::diffusers, name, tensor); };
  const at::Device device = layer.weight.device();
  const double bound = 1.0 / std::sqrt(static_cast<double>(fan_in));  // Kaiming's with slope sqrt(5)
  const auto leaf = [&](lora_tensor which, const at::Tensor& fresh) {
    parameters_.push_back({key(which), fresh.to(device).set_requires_grad(true)});
  };
  leaf(lora_tensor::down,
       generator::for_purpose(options_.seed, key(lora_tensor::down)).uniform(down, -bound, bound));
  leaf(lora_tensor::up, at::zeros(up));
  layers_.push_back({name, &layer, layer.adapters.size(), weight_shape});
  layer.adapters.emplace_back();
}

void low_rank::refresh() {
  const double scale = options_.alpha / static_cast<double>(options_.rank);
  const std::vector<at::Tensor> cast = cast_together(parameters_, compute_dtype_);
  for (std::size_t i = 0; i < layers_.size(); ++i)
    layers_[i].layer->adapters[layers_[i].adapter] = {cast[2 * i], cast[2 * i + 1], scale};
}

void low_rank::save(const training_model&, const std::filesystem::path& folder, at::ScalarType dtype) {
  lora_weights weights{options_.rank, options_.alpha, {}};
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    std::vector<int64_t> down = layers_[i].weight_shape, up(down.size(), 1);
    down[0] = up[1] = options_.rank;
    up[0] = layers_[i].weight_shape[0];
    const auto stored = [&](const at::Tensor& leaf, const std::vector<int64_t>& shape) {
      return leaf.detach().to(at::kCPU, dtype).reshape(shape);
    };
    weights.layers.push_back({layers_[i].name, stored(parameters_[2 * i].tensor, down),
                              stored(parameters_[2 * i + 1].tensor, up)});
  }
  write_lora(folder, options_.layout, weights);
}

}  // namespace zoetrope
