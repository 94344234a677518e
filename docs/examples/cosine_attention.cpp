// A plug-in with one part: attention by cosine similarity, as in Swin Transformer V2 (Liu et al. 2022, eq.
// 2): softmax(cos(q, k) · temperature + mask) v. docs/plugins.md tells how it is built and used.
#include <ATen/ATen.h>

#include "attention/attention.hpp"
#include "pipelines/plugin_abi.hpp"

namespace {

using namespace zoetrope;

class cosine_attention : public attention_backend {
 public:
  explicit cosine_attention(double temperature) : temperature_(temperature) {}

  at::Tensor forward(const attention_input& given) const override {
    check_attention_shapes(given);
    attention_input input = rotated(given);
    const auto unit = [](const at::Tensor& x) {
      return x / x.norm(2, /*dim=*/-1, /*keepdim=*/true).clamp_min(1e-6);
    };
    input.q = unit(input.q);
    input.k = unit(input.k);
    input.scale = temperature_;
    return make_attention_backend(config(json{{"type", "dense"}}))->forward(input);
  }

 private:
  const double temperature_;
};

// Options are read here, so that a wrong key is an error before anything runs; a default stands once.
std::unique_ptr<attention_backend> make_cosine_attention(const config& options, const attention_site&) {
  return std::make_unique<cosine_attention>(options.get("temperature", 10.0));
}

}  // namespace

extern "C" const char* zoetrope_plugin_abi() { return zoetrope::plugin_abi; }
extern "C" void zoetrope_plugin() {
  zoetrope::attention_backends().add(
      {"cosine", make_cosine_attention, "cosine similarity instead of the dot product"});
}
