// CLIP's image tower (Radford et al. 2021) with its projection: transformers' CLIPVisionModelWithProjection,
// whose config and keys it reads; ViT-B/32, B/16, L/14, ….
//   h = norm([class, patches(x)] + positions);   h through the layers;   projection(norm(h of class))
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>

#include "core/config.hpp"
#include "core/tensor/module.hpp"

namespace zoetrope {

class clip_image_encoder : public module {
 public:
  /// The config of the tower alone: `vision_config` of a whole CLIP's. error{bad_input} names the key for
  /// what cannot be built.
  explicit clip_image_encoder(const config& options);
  ~clip_image_encoder() override;

  /// Normalised pixels [b, 3, image_size, image_size] -> [b, projection_dim], not normalised; error{usage}
  /// for another shape.
  at::Tensor forward(const at::Tensor& pixels) const;

  /// transformers 4's keys; empty for position_ids and for the text half of a whole CLIP.
  std::string canonical_key(const std::string& key) const;
  int64_t image_size() const;

 private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace zoetrope
