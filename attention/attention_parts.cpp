// See attention_parts.hpp.
#include "attention/attention_parts.hpp"

namespace zoetrope {

attention_parts::attention_parts(const config& options, const attention_defaults& defaults,
                                 position_site site) {
  const config layout = options.child("layout"), pattern = options.child("pattern");
  layout_ = make_attention_layout(layout, pattern, defaults.layout);
  site.axes = layout_->axes();
  const config position = options.child("position");
  if (const std::string name = position.get("type", defaults.position); site.axes.empty() && name != "none")
    throw position.at("type").fail(
        concat("got '", printable(name), "', wanted 'none': the tokens of a text have no places in a clip"));
  position_ = make_attention_position(position, site, defaults.position);
  const config backend = options.child("backend");
  backend_name_ = backend.get("type", "automatic");
  const bool hides = pattern.get("type", "full") != "full";
  backend_ = make_attention_backend(backend, {.layout = layout.get("type", defaults.layout),
                                              .head_dim = site.head_dim,
                                              .masked = hides || position_->scores(),
                                              .rotated = position_->rotates(),
                                              .relative = position_->relative()});
}

at::Tensor attention_parts::attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                   const clip_size& size) const {
  attention_input input = layout_->arranged(q, k, v, size);
  if (position_->scores() || position_->rotates() || position_->relative())
    position_->attach(input, layout_->places(size, q.options()));
  if (see_) see_(input);
  return layout_->restored(backend_->forward(input), size);
}

}  // namespace zoetrope
