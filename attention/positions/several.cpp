// Several positions at once, in their order: {"type": "several", "of": [{"type": "depthwise_conv"}, {"type":
// "mlp_bias"}]}, as Imagen Video has a convolution and a bias beside each other.
#include <ATen/ATen.h>

#include <algorithm>

#include "attention/positions/makers.hpp"

namespace zoetrope {

namespace {

class several_positions : public attention_position {
 public:
  explicit several_positions(std::vector<std::unique_ptr<attention_position>> parts)
      : parts_(std::move(parts)) {
    for (std::size_t i = 0; i < parts_.size(); ++i)
      if (!parts_[i]->slots().empty()) add_child(std::to_string(i), *parts_[i]);
  }

  at::Tensor added(const clip_size& size) const override {
    at::Tensor sum;
    for (const auto& part : parts_)
      if (const at::Tensor one = part->added(size); one.defined())
        sum = sum.defined() ? sum + one.to(sum.options()) : one;
    return sum;
  }
  at::Tensor mixed(const at::Tensor& x, const clip_size& size) const override {
    at::Tensor y = x;
    for (const auto& part : parts_) y = part->mixed(y, size);
    return y;
  }
  void attach(attention_input& input, const token_places& places) const override {
    for (const auto& part : parts_) part->attach(input, places);
  }
  bool scores() const override { return any(&attention_position::scores); }
  bool rotates() const override { return any(&attention_position::rotates); }
  bool relative() const override { return any(&attention_position::relative); }
  int64_t maximum_frames() const override {
    int64_t least = 0;
    for (const auto& part : parts_)
      if (const int64_t frames = part->maximum_frames(); frames > 0)
        least = least == 0 ? frames : std::min(least, frames);
    return least;
  }

 private:
  bool any(bool (attention_position::*question)() const) const {
    return std::any_of(parts_.begin(), parts_.end(),
                       [&](const auto& part) { return (part.get()->*question)(); });
  }
  const std::vector<std::unique_ptr<attention_position>> parts_;
};

}  // namespace

std::unique_ptr<attention_position> make_several_positions(const config& options, const position_site& site) {
  std::vector<std::unique_ptr<attention_position>> parts;
  int turning = 0, relative = 0;
  if (!options.has("of") || options.at("of").size() == 0)
    options.get("of", std::vector<std::string>());
  else if (!options.at("of").is_array())
    throw options.at("of").fail("wanted a list of positions, each with its type");
  for (std::size_t i = 0; options.has("of") && i < options.at("of").size(); ++i) {
    parts.push_back(make_attention_position(options.at("of").at(i), site));
    turning += parts.back()->rotates();
    relative += parts.back()->relative();
  }
  if (turning > 1 || relative > 1)
    throw options.fail("several: only one of them can turn queries and keys, or be relative_kv");
  return std::make_unique<several_positions>(std::move(parts));
}

}  // namespace zoetrope
