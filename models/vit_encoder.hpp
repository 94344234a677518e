// The vision transformer (Dosovitskiy et al. 2021) as DINO trains it (Caron et al. 2021): transformers'
// ViTModel, whose config and keys it reads; facebook/dino-vitb16. Pictures of other sides get interpolated
// positions.
//   h = [class, patches(x)] + positions;   h through the layers, which norm first;   norm(h of class)
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>

#include "core/config.hpp"
#include "core/tensor/module.hpp"

namespace zoetrope {

class vit_encoder : public module {
 public:
  /// error{bad_input} names the key for what cannot be built.
  explicit vit_encoder(const config& options);
  ~vit_encoder() override;

  /// Normalised pixels [b, 3, h, w], both sides a patch or more (what is over a whole number of patches goes
  /// unused) -> [b, hidden_size], the state of the class token; error{usage} for another shape.
  at::Tensor forward(const at::Tensor& pixels) const;

  /// transformers' keys to ours, which are those of CLIP's layers; empty for the pooler, which DINO has not.
  std::string canonical_key(const std::string& key) const;
  int64_t image_size() const;

 private:
  at::Tensor positions_for(int64_t rows, int64_t columns) const;
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace zoetrope
