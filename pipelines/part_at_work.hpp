// Which parts of a model have their weights in memory, and when: a part has them while one of these lives.
#pragma once

#include <memory>
#include <string>

#include "core/tensor/weight_stream.hpp"
#include "pipelines/memory_policy.hpp"
#include "pipelines/pipeline_model.hpp"

namespace zoetrope {

/// What becomes of a part's weights when its work is done, and how they come.
enum class weight_stay {
  keep,   ///< they stay on the device
  leave,  ///< they are given back: to the file that they came from, or to the CPU where there is none
  stream  ///< only the layer that computes has its weights
};

class part_at_work {
 public:
  /// Fills `part`, component `name` of the model, unless it has its weights. error{usage} for streaming a
  /// part that came from no file; error{bad_input} if its file has changed.
  part_at_work(const text_to_video_model& model, const std::string& name, module& part, weight_stay stay,
               const stream_options& options);
  ~part_at_work();
  part_at_work(const part_at_work&) = delete;
  part_at_work& operator=(const part_at_work&) = delete;

 private:
  module& part_;
  const bool from_file_, leaves_;
  std::unique_ptr<weight_stream> stream_;
};

/// How a policy streams.
stream_options stream_options_of(const memory_policy& policy, at::DeviceType device);

/// The parts that a phase of a generation needs.
using parts_at_work = std::vector<std::unique_ptr<part_at_work>>;
parts_at_work text_encoders_at_work(const text_to_video_model& model, const memory_policy& policy);
/// The UNet and all ControlNets.
parts_at_work denoisers_at_work(const text_to_video_model& model, const memory_policy& policy);
parts_at_work vae_at_work(const text_to_video_model& model, const memory_policy& policy);

/// Fills now what would be filled at its first use and stays from then on.
void fill_what_stays(const text_to_video_model& model, const memory_policy& policy);

}  // namespace zoetrope
