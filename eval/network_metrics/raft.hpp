// RAFT (Teed and Deng 2020), the large network: optical flow by looking up correlations of all pairs of
// pixels, again and again. Keys are those of princeton-vl/RAFT's files (raft-things.pth).
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "eval/network_metrics/raft_encoder.hpp"
#include "eval/network_metrics/raft_update.hpp"

namespace zoetrope {

class raft : public module {
 public:
  static constexpr int64_t least_side = 128;  ///< so that the coarsest correlations have two pixels

  raft();
  /// Flow from `one` to `other` (each 1 3 h w, 0 … 255, sides multiples of 8 from least_side on) after
  /// `updates` updates: 1 2 h w, x and y in pixels. error{usage} for other shapes.
  at::Tensor flow(const at::Tensor& one, const at::Tensor& other, int updates) const;

  /// Without DataParallel's "module."; empty for counts of batches and for the norm that the files hold
  /// twice.
  static std::string canonical_key(const std::string& key);

 private:
  raft_encoder fnet_, cnet_;
  raft_update update_block_;
};

/// error{bad_input} lists all missing, unexpected and misshapen tensors with the shapes got and wanted.
std::shared_ptr<const raft> load_raft(const std::filesystem::path& file);

}  // namespace zoetrope
