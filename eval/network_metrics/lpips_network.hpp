// LPIPS (Zhang et al. 2018, eq. 1), version 0.1: with y_l the features of layer l at unit length over
// channels,
//   d(x, x') = sum_l mean_hw sum_c w_lc (y_lc - y'_lc)^2.
// Five layers of AlexNet or VGG-16; keys are the lpips package's (net.slice1.0.weight, lin0.model.1.weight).
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "models/layers.hpp"

namespace zoetrope {

enum class lpips_backbone { alex, vgg };

class lpips_network : public module {
 public:
  explicit lpips_network(lpips_backbone backbone);

  /// Of an RGB picture in [0, 1], 1 3 h w; error{usage} for another shape or a side below least_side().
  std::vector<at::Tensor> features(const at::Tensor& picture) const;
  /// Of two pictures of one size.
  double distance(const std::vector<at::Tensor>& one, const std::vector<at::Tensor>& other) const;

  /// The package holds the linear layers twice and the normalisation of pixels as tensors: empty for those.
  static std::string canonical_key(const std::string& key);
  int64_t least_side() const;

 private:
  conv2d& add(const std::string& key, std::unique_ptr<conv2d> layer);

  const lpips_backbone backbone_;
  std::vector<std::unique_ptr<conv2d>> layers_;
  std::vector<const conv2d*> convolutions_, linears_;
};

/// Errors as fill_network's.
std::shared_ptr<const lpips_network> load_lpips(const std::filesystem::path& file, lpips_backbone backbone);

}  // namespace zoetrope
