// All pixels of a clip see its text: as all frames see the same, a clip is one long row of queries.
#include <ATen/ATen.h>

#include "attention/layouts/makers.hpp"

namespace zoetrope {

namespace {

class cross_layout : public attention_layout {
 public:
  std::vector<token_axis> axes() const override { return {}; }

  // k, v: b heads tokens d, as text is projected once a clip.
  attention_input arranged(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                           const clip_size& size) const override {
    // (b f) p heads d -> b heads (f p) d
    const at::Tensor queries = q.reshape({size.batch, -1, q.size(2), q.size(3)}).transpose(1, 2);
    return {queries, k, v};
  }
  token_places places(const clip_size&, const at::TensorOptions&) const override { return {}; }
  at::Tensor restored(const at::Tensor& result, const clip_size& size) const override {
    return result.transpose(1, 2).reshape({size.batch * size.frames, size.pixels(), -1});
  }
};

}  // namespace

std::unique_ptr<attention_layout> make_cross_layout(const config&, const config& pattern) {
  const std::string name = pattern.get("type", "full");
  if (name != "full")
    throw pattern.at("type").fail(
        concat("got '", printable(name), "', wanted 'full': text tokens are no frames or pixels"));
  return std::make_unique<cross_layout>();
}

}  // namespace zoetrope
