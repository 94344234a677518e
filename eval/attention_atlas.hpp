// What temporal attention looks at. With p_ij the weight that frame i gives to frame j (the softmax of
// Vaswani et al. 2017, eq. 1, with positions and mask), of f frames:
//   entropy       -sum_j p_ij ln p_ij   nats; 0: one frame, ln f: all alike
//   distance      sum_j p_ij |i - j|    frames
//   diagonal      p_ii                  share of a frame's own
// each the mean over clips, halves of guidance, pixels and frames i, for every layer, head and step.
// Backends never hold p whole: it is computed beside them, from the q and k they are given.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "attention/attention.hpp"
#include "core/io/hdf5_file.hpp"
#include "pipelines/text_to_video.hpp"

namespace zoetrope {

/// One value a head.
struct attention_statistics {
  std::vector<double> entropy, distance, diagonal;
};
/// Of attention among the frames of a clip: as many keys as queries, in the same order.
attention_statistics statistics_of(const attention_input& input);

struct attention_atlas {
  std::vector<std::string> layers;  ///< in the order in which they run
  int64_t steps = 0, frames = 0;
  std::map<std::string, std::vector<attention_statistics>> of;  ///< layer -> an entry a step
};

/// Runs the call up to its latents and watches every attention of the layout `temporal`. error{usage} for a
/// net without, for a single frame, and for the backends `linear` and `torchscript`, which have no softmax
/// that we know of. `wanted`: layers whose names contain one of these; empty: all. `on_step` false cancels:
/// error{interrupted}.
attention_atlas record_atlas(const text_to_video_model& model, text_to_video_call call,
                             const std::vector<std::string>& wanted = {},
                             const std::function<bool(int64_t done, int64_t count)>& on_step = {});

/// /layers/<name>/{entropy,distance,diagonal}, each [steps, heads]; attributes of the root: schema
/// "zoetrope-atlas", schema_version, frames, and `more`; of each layer: its place `index`.
void write_atlas(const std::filesystem::path& file, const attention_atlas& atlas,
                 const std::map<std::string, hdf5_value>& more);

}  // namespace zoetrope
