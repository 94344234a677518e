// Attention by a TorchScript program, {"type": "torchscript", "path": "mine.py"}:
//   def forward(self, q: Tensor, k: Tensor, v: Tensor, scale: float, mask: Optional[Tensor]) -> Tensor
// q, k, v: batch (one or two dimensions), heads, tokens, head_dim; queries and keys are already turned by
// their positions; mask as attention_input's. It gives batch, heads, tokens, value_dim.
#include <ATen/ATen.h>

#include "attention/backends/makers.hpp"
#include "core/tensor/script_module.hpp"

namespace zoetrope {

namespace {

class torchscript_attention : public attention_backend {
 public:
  explicit torchscript_attention(const std::string& path) : script_(path, /*arguments=*/5) {}

  at::Tensor forward(const attention_input& given) const override {
    check_attention_shapes(given);
    const attention_input input = rotated(given);
    std::vector<int64_t> wanted = input.q.sizes().vec();
    wanted.back() = input.v.size(-1);
    if (input.q.is_meta()) return at::empty(wanted, input.q.options());
    const c10::IValue mask = input.mask.defined() ? c10::IValue(input.mask) : c10::IValue();
    const at::Tensor result = script_.forward({input.q, input.k, input.v, scale_of(input), mask}, input.q);
    ZT_CHECK(result.sizes() == at::IntArrayRef(wanted), runtime, "torchscript attention: got ",
             result.sizes(), ", wanted ", at::IntArrayRef(wanted));
    return result;
  }

 private:
  const script_module script_;
};

}  // namespace

std::unique_ptr<attention_backend> make_torchscript_attention(const config& options,
                                                              const attention_site& site) {
  if (site.relative)
    throw options.fail("torchscript is not given relative keys and values (position relative_kv)");
  return std::make_unique<torchscript_attention>(options.get<std::string>("path"));
}

}  // namespace zoetrope
