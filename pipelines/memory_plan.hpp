// How much memory a generation will need, known before it: the pipeline itself is run for two steps on
// tensors without memory (core/tensor/meta_run.hpp), so that activations and scratch are those of the code
// that will run. Weights are added by what the policy lets stay when.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipelines/phase.hpp"
#include "pipelines/text_to_video.hpp"

namespace zoetrope {

/// The weights of one part of a model, in bytes as they are computed with.
struct part_memory {
  std::string part;    ///< "text_encoder", …, "unet", "controlnet 0", "vae"
  int64_t copied = 0;  ///< in memory of their own
  int64_t mapped = 0;  ///< used where the file is mapped: they take memory once they have been read
  int64_t weights() const { return copied + mapped; }
};

/// What is held when a phase needs most.
struct phase_memory {
  run_phase phase;
  int64_t weights = 0, activations = 0, workspace = 0;
  int64_t cache = 0;  ///< keys and values of the text, which all steps share
  int64_t total() const { return weights + activations + cache + workspace; }
};

struct memory_plan {
  int64_t process = 0;  ///< program, libraries and what they allocate for themselves; 0 on a GPU
  std::vector<part_memory> parts;
  std::vector<phase_memory> phases;
  int64_t peak() const;
  const phase_memory& largest_phase() const;
};

/// What a run holds beside the model and its tensors, in bytes.
struct held_beside {
  int64_t process = 0;  ///< by the program without a model; 0: not counted
  int64_t writing = 0;  ///< by whoever writes the decoded clip, at most; 0: it is not written
};

/// Plans calls of one model on one device.
class memory_planner {
 public:
  /// `model` has been loaded with weights = false, for the device and dtype of the run; the planner fills its
  /// slots with meta tensors and makes meta its device. A part that has no entry in the model's sources is
  /// taken to be copied.
  explicit memory_planner(text_to_video_model model, const held_beside& beside = {});
  ~memory_planner();

  /// error{usage} as checked_call. Prompts matter only by their number, schedulers by the memory of two
  /// steps.
  memory_plan plan(const text_to_video_call& call) const;
  /// On the meta device, its slots filled.
  const text_to_video_model& model() const { return model_; }
  at::Device device() const { return device_; }  ///< that the plans are for

 private:
  struct residency;
  std::vector<phase_memory> run(const text_to_video_call& call) const;

  text_to_video_model model_;
  at::Device device_;
  held_beside beside_;
  std::vector<part_memory> parts_;
};

/// Resident bytes of this process once libtorch's CPU libraries have begun to compute (thread stacks,
/// generated code, buffers of the matrix products): a few small operators are run, then the process is asked.
/// 0 for a GPU.
int64_t process_base_bytes(at::Device device);

}  // namespace zoetrope
