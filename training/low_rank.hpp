// LoRA (Hu et al. 2021, arXiv 2106.09685): the weights W stay as they are, and layers learn a change of rank
// r beside them,
//   y = W x + alpha / r · B A x      A: [r, in], uniform as layers are; B: [out, r], zeros
// so that a fresh one changes nothing. On temporal attentions alone it is AnimateDiff's Motion LoRA (Guo et
// al. 2023, section 4.3). Layouts of the file: models/lora_writer.hpp.
#pragma once

#include "core/config.hpp"
#include "models/layers.hpp"
#include "models/lora_layout.hpp"
#include "training/trainable.hpp"

namespace zoetrope {

struct low_rank_options {
  int64_t rank = 16;
  double alpha = 16.0;
  /// Patterns over layers with a weight: linear, convolution, projection.
  std::vector<std::string> targets = {"unet.*.to_q", "unet.*.to_k", "unet.*.to_v", "unet.*.to_out.0"};
  lora_layout layout = lora_layout::diffusers;
  uint64_t seed = 0;  ///< of A
};
/// Keys rank 16, alpha (the rank), targets or motion (false: attentions; true: temporal ones alone),
/// text_encoders (false; true: their attentions too), layout.
low_rank_options read_low_rank_options(const config& options, uint64_t seed);

class low_rank : public trainable {
 public:
  /// Parts are held by address; their weights are cast to `compute_dtype` and moved for good. error{usage}
  /// for a pattern that fits no layer, a rank that a layer is too narrow for, a layer that the layout has no
  /// name for.
  low_rank(const std::vector<trainable_part>& parts, const low_rank_options& options,
           at::ScalarType compute_dtype, at::Device device = at::kCPU);

  /// Named as in diffusers' files: "unet.….to_q.lora_A.weight".
  const trained_parameters& parameters() const override { return parameters_; }
  void refresh() override;
  /// The adapters alone.
  void save(const training_model& model, const std::filesystem::path& folder, at::ScalarType dtype) override;

 private:
  struct adapted_layer {
    lora_layer name;
    weighted_layer* layer;
    std::size_t adapter;  // its place in layer->adapters; A and B are parameters 2 i and 2 i + 1
    std::vector<int64_t> weight_shape;
  };
  void adapt(const lora_layer& name, weighted_layer& layer, const std::vector<int64_t>& weight_shape);

  low_rank_options options_;
  at::ScalarType compute_dtype_;
  std::vector<adapted_layer> layers_;
  trained_parameters parameters_;
};

}  // namespace zoetrope
