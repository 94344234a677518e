// See attention_layer.hpp.
#include "models/attention_layer.hpp"

#include <ATen/ATen.h>

namespace zoetrope {

attention_layer::attention_layer(const options& options)
    : heads_(options.heads),
      head_dim_(options.head_dim),
      context_channels_(options.context_channels > 0 ? options.context_channels : options.channels),
      to_q_(options.channels, heads_ * head_dim_, options.bias),
      to_k_(context_channels_, heads_ * head_dim_, options.bias),
      to_v_(context_channels_, heads_ * head_dim_, options.bias),
      backend_(attention_backends().find(options.backend)) {
  add_child("to_q", to_q_);
  add_child("to_k", to_k_);
  add_child("to_v", to_v_);
  to_out_.emplace(heads_ * head_dim_, options.channels);  // "to_out.1" is dropout, without weights
  add_child("to_out", to_out_);
}

at::Tensor attention_layer::split_heads(const at::Tensor& x) const {
  return x.unflatten(-1, {heads_, head_dim_}).transpose(-3, -2);
}

at::Tensor attention_layer::attend(const at::Tensor& q, const keys_values& context) const {
  return backend_({q, context.k, context.v}).transpose(1, 2).flatten(2);
}

at::Tensor self_attention::forward(const at::Tensor& x) const {
  const keys_values context{split_heads(to_k_.forward(x)), split_heads(to_v_.forward(x))};
  return project_out(attend(split_heads(to_q_.forward(x)), context));
}

keys_values cross_attention::project(const at::Tensor& text) const {
  return {split_heads(to_k_.forward(text)), split_heads(to_v_.forward(text))};
}

at::Tensor cross_attention::forward(const at::Tensor& x, const unet_context& context) const {
  const keys_values& text = context.text->layers[text_slot];
  // (b f) n c -> b (f n) c: as all frames see the same text, a clip is one long row of queries
  const at::Tensor rows = x.reshape({context.batch, -1, x.size(2)});
  return project_out(attend(split_heads(to_q_.forward(rows)), text)).view(x.sizes());
}

namespace {
void collect(const module& part, std::vector<const cross_attention*>& found) {
  for (const auto& [name, child] : part.children()) {
    if (auto* layer = dynamic_cast<cross_attention*>(child)) {
      layer->text_slot = found.size();
      found.push_back(layer);
    }
    collect(*child, found);
  }
}
}  // namespace

std::vector<const cross_attention*> assign_text_slots(const module& root) {
  std::vector<const cross_attention*> found;
  collect(root, found);
  return found;
}

projected_text project_text(const std::vector<const cross_attention*>& layers, const at::Tensor& text) {
  projected_text all;
  for (const cross_attention* layer : layers) all.layers.push_back(layer->project(text));
  return all;
}

}  // namespace zoetrope
